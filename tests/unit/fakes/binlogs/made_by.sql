-- What the binary logs beside this file record. MySQL 9.7, binlog_row_metadata = FULL; the logs are shown as
-- `TZ=UTC mysqlbinlog --no-defaults FILE` prints them. Before: app/init_database.sql, and as the last purged transaction
-- CREATE DATABASE lab.
SET NAMES utf8mb4;
SET time_zone = '+00:00';
SET sql_log_bin = 0;
USE lab;
CREATE TABLE kinds (
  id BIGINT UNSIGNED NOT NULL PRIMARY KEY, y YEAR, tu TINYINT UNSIGNED, ti TINYINT, m MEDIUMINT, i INT UNSIGNED,
  f FLOAT, d DOUBLE, de DECIMAL(20, 6), da DATE, t TIME(3), dt DATETIME(6), ts TIMESTAMP(1) NULL,
  c CHAR(200), v VARCHAR(20) CHARACTER SET latin1, bi BINARY(4), bl BLOB, ve VECTOR(2), ek VARCHAR(20) CHARACTER SET euckr,
  l2 VARCHAR(10) CHARACTER SET latin2, e ENUM('x', 'y''z'), s SET('a', 'b', 'c'), b BIT(10), j JSON, g POINT);
CREATE TABLE nopk (n INT, w VARCHAR(10));
SET sql_log_bin = 1;

-- 1
BEGIN;
INSERT INTO shop.orders (order_id, request_id, fingerprint, customer, email, name, address, total, site, server_uuid, created_at)
VALUES (1042, 'req-1', REPEAT('f', 64), 'c1', 'kim@example.net', '김하나', '서울', 160000, 'gcp', @@server_uuid, '2026-01-01 12:00:00.000123');
INSERT INTO shop.order_item VALUES (1042, 'moon-jar', 1, 128000), (1042, 'stoneware-mug', 1, 32000);
UPDATE shop.product SET stock = stock - 1 WHERE sku = 'moon-jar';
COMMIT;
-- 2
INSERT INTO kinds VALUES (
  18446744073709551615, 2026, 255, -128, -8388608, 4294967295, 0.1, 0.1, -12345678901234.567891, '2026-02-03',
  '-12:34:56.789', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.5', '긴 글자', 'café', X'00FF', X'DEADBEEF',
  STRING_TO_VECTOR('[1, 2.5]'), '한글', _utf8mb4'Łódź', 'y''z', 'a,c', b'1000000001',
  '{"a": [1, 2.5, null, true, "한"], "d": {}}', POINT(1, 2));
-- 3, tagged
SET gtid_next = 'AUTOMATIC:drill';
UPDATE shop.orders SET address = 'it''s \\ new' WHERE order_id = 1042;
SET gtid_next = AUTOMATIC;
-- 4, compressed
SET binlog_transaction_compression = ON;
INSERT INTO nopk VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
SET binlog_transaction_compression = OFF;
FLUSH BINARY LOGS;
-- 5
DELETE FROM nopk WHERE n = 1 LIMIT 1;
-- 6
CREATE TABLE late (id INT PRIMARY KEY) COMMENT 'a */;
# b';
-- 7, without names
SET GLOBAL binlog_row_metadata = MINIMAL;
INSERT INTO nopk VALUES (7, '칠');
SET GLOBAL binlog_row_metadata = FULL;
-- 8
DELETE FROM shop.order_item WHERE order_id = 1042 AND sku = 'moon-jar';
