CREATE TABLE orders (id BIGINT PRIMARY KEY, state VARCHAR(20) NOT NULL);
INSERT INTO orders (id, state) VALUES (1, 'open'), (2, 'open'), (3, 'open'), (4, 'open');
