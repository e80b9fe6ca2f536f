-- Until when this server may take clients' writes, by its own clock. The agent writes its row with the binary log off:
-- each server has its own. Replication applies rows, for which triggers do not fire.
CREATE TABLE dr.lease (
  id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  epoch BIGINT UNSIGNED NOT NULL,
  valid_until DECIMAL(17, 6) NOT NULL COMMENT 'Unix seconds'
);
DELIMITER $$
CREATE PROCEDURE dr.require_lease() READS SQL DATA
BEGIN
  IF NOT EXISTS (SELECT 1 FROM dr.lease WHERE id = 1 AND valid_until > UNIX_TIMESTAMP(SYSDATE(6))) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this server holds no lease: it takes no writes';
  END IF;
END$$
DELIMITER ;
