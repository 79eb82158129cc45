CREATE TABLE newer_thing (id INT NOT NULL);
