-- 10,000 orders and 100 rows of MyISAM, the same in every run: no NOW(), no RAND(), no time zone.
-- Four cross-joined lists of ten digits make the numbers 1 to 10,000 on any server version.

SET time_zone = '+00:00';

INSERT INTO test_orders (id, customer_id, order_date, status, total_amount, created_at)
SELECT
    n,
    1 + (n * 7) % 1000,
    TIMESTAMP('2026-01-01 00:00:00') + INTERVAL (n * 37) % 525600 MINUTE,
    ELT(1 + n % 5, 'pending', 'paid', 'shipped', 'delivered', 'cancelled'),
    IF(n % 50 = 0, NULL, ((n * 7919) % 1000000) / 100),
    TIMESTAMP('2026-01-01 00:00:00') + INTERVAL n MINUTE
FROM (
    SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n
    FROM (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL
          SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) a,
         (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL
          SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) b,
         (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL
          SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) c,
         (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL
          SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) e
) numbers
ORDER BY n;

INSERT INTO test_myisam_table (id, content)
SELECT id, CONCAT('content of row ', id) FROM test_orders WHERE id <= 100 ORDER BY id;

-- The optimiser's figures belong to the data: without them it takes the table for an empty one
ANALYZE TABLE test_orders, test_myisam_table;
