-- the second line is wrong
CREATE TABEL oops (id INT);
