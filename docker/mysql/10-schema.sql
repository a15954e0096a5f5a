-- The tables of Executor v1 and the two tables its runs are tried on.
-- Loads into whichever schema is selected, on MySQL 5.6 and later and on MariaDB.
-- JSON is kept in text columns because MySQL 5.6 has no JSON type. There are no foreign keys between these tables:
-- people clean them up one by one, in any order.

CREATE TABLE execution_runs (
  id                 VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  connection_id      VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  action             VARCHAR(64)  NOT NULL DEFAULT 'ADD_INDEX',
  table_name         VARCHAR(255) NOT NULL,
  index_name         VARCHAR(255) NOT NULL,
  index_type         VARCHAR(16)  NOT NULL DEFAULT 'BTREE',
  columns            TEXT         NOT NULL COMMENT 'JSON list of names, each with an optional prefix length: content(100)',
  query_digests      TEXT         NULL COMMENT 'JSON list of statement digests, or NULL',
  status             VARCHAR(20)  NOT NULL DEFAULT 'scheduled',
  fail_reason        VARCHAR(32)  NULL,
  message            TEXT         NULL,
  error_message      TEXT         NULL,
  claimed_by         VARCHAR(128) NULL,
  claimed_at         TIMESTAMP(6) NULL DEFAULT NULL,
  lease_expires_at   TIMESTAMP(6) NULL DEFAULT NULL,
  lease_milliseconds INT UNSIGNED NULL COMMENT 'length of the lease, used again at each renewal',
  claim_token_sha256 CHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'of the last claim; the token itself is never stored',
  phase              VARCHAR(32)  NULL COMMENT 'how far the last worker came',
  progress           LONGTEXT     NULL COMMENT 'JSON object: what a successor has to know',
  created_at         TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at         TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  started_at         TIMESTAMP(6) NULL DEFAULT NULL,
  completed_at       TIMESTAMP(6) NULL DEFAULT NULL,
  PRIMARY KEY (id),
  KEY idx_execution_runs_status (status, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE execution_claims (
  id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  execution_run_id VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  worker_id        VARCHAR(128) NOT NULL DEFAULT '',
  lease_expires_at TIMESTAMP(6) NULL DEFAULT NULL COMMENT 'as granted; renewals are on the run',
  created_at       TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY idx_execution_claims_run (execution_run_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE rollbacks (
  id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  execution_run_id VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  rollback_type    VARCHAR(16)  NOT NULL DEFAULT 'auto',
  trigger_reason   TEXT         NOT NULL,
  rollback_sql     TEXT         NOT NULL,
  status           VARCHAR(16)  NOT NULL DEFAULT 'pending',
  created_at       TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at       TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY idx_rollbacks_run (execution_run_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE audit_logs (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  tenant_id     VARCHAR(64)  NOT NULL DEFAULT 'default',
  action        VARCHAR(64)  NOT NULL,
  resource_type VARCHAR(64)  NOT NULL DEFAULT 'execution_run',
  resource_id   VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  details       LONGTEXT     NULL COMMENT 'JSON',
  created_at    TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY idx_audit_logs_resource (resource_id, action)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE kill_switches (
  connection_id VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT '* is the global switch',
  active        TINYINT(1)   NOT NULL DEFAULT 0,
  reason        VARCHAR(255) NULL,
  updated_at    TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (connection_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE test_orders (
  id           INT            NOT NULL AUTO_INCREMENT,
  customer_id  INT            NOT NULL,
  order_date   DATETIME       NOT NULL,
  status       VARCHAR(50)    NOT NULL,
  total_amount DECIMAL(10, 2) NULL,
  created_at   TIMESTAMP      NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE test_myisam_table (
  id      INT  NOT NULL AUTO_INCREMENT,
  content TEXT NULL,
  PRIMARY KEY (id)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
