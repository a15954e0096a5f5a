Feature: Verification after ADD INDEX
  Once the index exists, the application's queries are measured again. If they got worse, the index is
  dropped; if too few of them ran to say so, it stays, and the run says that nothing could be concluded.

  @TC-06 @P1 @critical
  Scenario Outline: TC-06 Verification Fail + Rollback OK: <what gets worse>
    Verification fail → rollback success

    Given execution run "test-tc06-001" on connection "conn-006" adds index "idx_tc06_perf" on test_orders (total_amount)
    And the application's queries will <change> once the index exists
    When worker 1 carries out the run
    Then the result log reads
      | Field                              | Expected            |
      | ADD INDEX successful               | Yes                 |
      | Verification detected degradation  | Yes                 |
      | Rollback executed                  | Yes                 |
      | Index exists after rollback        | No                  |
      | Final execution_run Status         | ROLLED_BACK         |
      | fail_reason                        | verification_failed |
      | Rollback record status             | completed           |
      | Degradation measured by the server | <what gets worse>   |
      | Measure named by the rollback      | <what gets worse>   |

    Examples:
      | what gets worse | change               |
      | latency         | get slower           |
      | rows examined   | examine more rows    |
      | full scans      | scan the whole table |

  @TC-06 @P1 @critical
  Scenario Outline: TC-06 Verification Fail + Rollback OK: control, nothing gets worse: queries <change>
    ไม่มีอะไรแย่ลง → ต้องไม่ rollback
    Elsewhere on the server the same queries get worse, which is no business of this run.

    Given execution run "test-tc06-001" on connection "conn-006" adds index "<index>" on test_orders (<columns>)
    And the application's queries will <change> once the index exists
    And the same queries will get worse in another schema
    When worker 1 carries out the run
    Then the result log reads
      | Field                              | Expected  |
      | ADD INDEX successful               | Yes       |
      | Degradation measured by the server | None      |
      | Rollback performed                 | No        |
      | Index still exists                 | Yes       |
      | Final execution_run Status         | COMPLETED |
      | fail_reason                        | NULL      |
      | Message contains inconclusive      | No        |

    Examples:
      | change                        | index         | columns                             |
      | get faster                    | straight_join | status(10), customer_id             |
      | stop scanning the whole table | idx_tc06_perf | order_date, customer_id, created_at |

  @TC-06 @P1 @critical
  Scenario Outline: TC-06 Verification Fail + Rollback OK: just beyond the limits: queries <change>
    แย่ลงเกินเกณฑ์ (latency 10 %, rows examined 20 %) เพียงเล็กน้อย → rollback
    Each query is judged by itself: what another one does decides nothing.

    Given execution run "test-tc06-001" on connection "conn-006" adds index "idx_tc06_perf" on test_orders (total_amount)
    And the application's queries will <change> once the index exists
    And another query of the run <conduct>
    When worker 1 carries out the run
    Then the result log reads
      | Field                              | Expected            |
      | ADD INDEX successful               | Yes                 |
      | Verification detected degradation  | Yes                 |
      | Rollback executed                  | Yes                 |
      | Index exists after rollback        | No                  |
      | Final execution_run Status         | ROLLED_BACK         |
      | fail_reason                        | verification_failed |
      | Rollback record status             | completed           |
      | Degradation measured by the server | <what gets worse>   |
      | Measure named by the rollback      | <what gets worse>   |

    Examples:
      | what gets worse | change                               | conduct                                                            |
      | latency         | get slower by 15 %                   | never runs                                                         |
      | rows examined   | examine 20.4 % more rows             | gets better once the index exists                                  |
      | full scans      | scan the whole table once in a while | gets worse once the index exists, but runs too rarely to be judged |

  @TC-06 @P1 @critical
  Scenario Outline: TC-06 Verification Fail + Rollback OK: control, worse within the limits: queries <change>
    แย่ลงแต่ไม่เกินเกณฑ์ → ต้องไม่ rollback

    Given execution run "test-tc06-001" on connection "conn-006" adds index "<index>" on test_orders (<columns>)
    And the limits are <latency> % more latency and <rows> % more rows, with 10 samples at least
    And the application's queries will <change> once the index exists
    And another query of the run <conduct>
    When worker 1 carries out the run
    Then the result log reads
      | Field                              | Expected  |
      | ADD INDEX successful               | Yes       |
      | Degradation measured by the server | None      |
      | Rollback performed                 | No        |
      | Index still exists                 | Yes       |
      | Final execution_run Status         | COMPLETED |
      | fail_reason                        | NULL      |

    Examples:
      | change                       | latency | rows | index                                                            | columns                           | conduct                                                            |
      | get slower by 5 %            | 10      | 20   | idx_tc06_perf                                                    | total_amount                      | gets better once the index exists                                  |
      | examine 20 % more rows       | 10      | 20   | idx_tc06_perf                                                    | status(50)                        | gets worse once the index exists, but runs too rarely to be judged |
      | take twice the time and rows | 900     | 100  | idx_tc06_a_name_as_long_as_it_may_be_which_is_sixty_four_letters | created_at, status(7), order_date | never runs                                                         |

  @TC-07 @P2 @normal @needs.accounts
  Scenario: TC-07 Verification Fail + Rollback Fail
    Verification fail แต่ rollback fail → mark + audit
    The executor loses its right to change the table, so its DROP INDEX is refused.

    Given execution run "test-tc07-001" on connection "conn-007" adds index "idx_tc07_fail" on test_orders (created_at)
    And the application's queries will get slower once the index exists
    And the executor will lose its right to change test_orders once the index exists
    And the SaaS API will at first fail to take the records of the rollback
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected        |
      | ADD INDEX successful       | Yes             |
      | Verification failed        | Yes             |
      | Rollback attempted         | Yes             |
      | Rollback failed            | Yes             |
      | Index still exists         | Yes             |
      | Final execution_run Status | FAILED          |
      | fail_reason                | execution_error |
      | Rollback record status     | failed          |
      | Audit log entry created    | Yes             |

  @TC-07 @P2 @normal
  Scenario: TC-07 Verification Fail + Rollback Fail: another session holds the table
    Session อื่นถือ lock ของตารางตอน DROP INDEX → rollback fail → mark + audit

    Given execution run "test-tc07-001" on connection "conn-007" adds index "idx_tc07_fail" on test_orders (created_at)
    And the limits are 10 % more latency and 5 % more rows, with 10 samples at least
    And the application's queries will examine 10 % more rows once the index exists
    And another session will hold a lock on test_orders once the index exists
    And the claim of worker 1 has a short lease
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected        |
      | ADD INDEX successful       | Yes             |
      | Verification failed        | Yes             |
      | Rollback attempted         | Yes             |
      | Rollback failed            | Yes             |
      | Index still exists         | Yes             |
      | Final execution_run Status | FAILED          |
      | fail_reason                | execution_error |
      | Rollback record status     | failed          |
      | Audit log entry created    | Yes             |

  @TC-07 @P2 @normal
  Scenario Outline: TC-07 Verification Fail + Rollback Fail: queries <change>, somebody is to <deed>
    มีคนอื่นลบ สร้างใหม่ หรือเปลี่ยน index ระหว่าง metrics window → index ไม่ใช่ของ run แล้ว ห้ามรายงาน completed และห้ามลบ

    Given execution run "test-tc07-A01" on connection "conn-007" adds index "idx_tc07_fail" on test_orders (created_at, order_date)
    And the application's queries will <change> once the index exists
    And somebody else will <deed> during the metrics window
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected                    |
      | ADD INDEX successful       | Yes                         |
      | Rollback attempted         | No                          |
      | Final execution_run Status | FAILED หรือ REQUIRES_MANUAL |
      | fail_reason                | execution_error             |

    Examples:
      | change     | deed                                  |
      | get faster | drop the index                        |
      | get faster | make the index anew                   |
      | get faster | take the last column out of the index |
      | get slower | make the index anew                   |

  @TC-07 @P2 @normal
  Scenario: TC-07 Verification Fail + Rollback Fail: the connection is lost before another session holds the table
    Connection ขาดระหว่าง metrics window → connection ใหม่ต้องมีเวลารอ lock ที่จำกัดเหมือนเดิม

    Given execution run "test-tc07-001" on connection "conn-007" adds index "idx_tc07_fail" on test_orders (created_at)
    And the application's queries will get faster once the index exists
    And another session will hold a lock on test_orders once the index exists
    And the kill switch of connection "conn-007" will be turned on during the metrics window
    And the executor's connection to the server will be cut during the metrics window
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected                    |
      | ADD INDEX successful       | Yes                         |
      | Index still exists         | Yes                         |
      | Final execution_run Status | FAILED หรือ REQUIRES_MANUAL |
      | fail_reason                | execution_error             |

  @TC-07 @P2 @normal
  Scenario Outline: TC-07 Verification Fail + Rollback Fail: while the DROP INDEX waits, <incident>
    มีคนอื่นลบ สร้างใหม่ หรือเปลี่ยนชื่อ index ขณะที่ DROP INDEX รออยู่ → rollback fail ห้ามรายงานว่า rollback สำเร็จ และห้ามลบ index ที่ไม่ใช่ของ run

    Given execution run "test-tc07-001" on connection "conn-007" adds index "idx_tc07_fail" on test_orders (created_at)
    And the kill switch of connection "conn-007" will be turned on once the index exists
    When worker 1 carries out the run, and while its DROP INDEX waits for the table, <incident>
    Then the result log reads
      | Field                      | Expected                    |
      | ADD INDEX successful       | Yes                         |
      | Rollback attempted         | Yes                         |
      | Rollback failed            | Yes                         |
      | Final execution_run Status | FAILED หรือ REQUIRES_MANUAL |
      | fail_reason                | execution_error             |
      | Rollback record status     | failed                      |
      | Audit log entry created    | Yes                         |

    Examples:
      | incident                                            |
      | somebody else drops the index                       |
      | it gives up, and somebody else makes the index anew |

    @needs.rename_index
    Examples: of servers that can rename an index
      | incident                                                   |
      | somebody else renames the index, and its connection is cut |

  @TC-08 @P2 @normal
  Scenario Outline: TC-08 Low Sample - Inconclusive: <samples> samples
    Sample ต่ำ → inconclusive และห้าม auto-rollback
    The few queries that run are slower, so a judgement would drop the index. What runs elsewhere are no samples of theirs.

    Given execution run "test-tc08-001" on connection "conn-008" adds index "idx_tc08_low" on test_orders (status)
    And the limits are 10 % more latency and 20 % more rows, with <needed> samples at least
    And the application's queries will get slower once the index exists, but only <samples> of them will run in the metrics window
    And <besides>
    When worker 1 carries out the run
    Then the result log reads
      | Field                         | Expected                 |
      | ADD INDEX successful          | Yes                      |
      | Low sample detected           | Yes (< <needed> samples) |
      | Rollback performed            | No                       |
      | Index still exists            | Yes                      |
      | Final execution_run Status    | COMPLETED                |
      | fail_reason                   | NULL                     |
      | Message contains inconclusive | Yes                      |
      | Samples in the metrics window | <samples>                |

    Examples:
      | samples | needed | besides                                                                                     |
      | 0       | 10     | the same queries will get worse in another schema                                           |
      | 9       | 10     | another query of the run gets worse once the index exists, but runs too rarely to be judged |
      | 12      | 15     | another query of the run never runs                                                         |

  @TC-08 @P2 @normal @needs.accounts
  Scenario Outline: TC-08 Low Sample - Inconclusive: <who> will <deed>
    ตัวนับของ statement อ่านไม่ได้หรือถูกรีเซ็ต → เหมือนไม่มี sample ห้ามสรุปผล และห้าม auto-rollback
    More queries run than ever before, and examine more rows.

    Given execution run "test-tc08-001" on connection "conn-008" adds index "idx_tc08_low" on test_orders (status)
    And the application's queries will examine more rows, and run more often once the index exists
    And <who> will <deed>
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected |
      | ADD INDEX successful       | Yes      |
      | Rollback performed         | No       |
      | Index still exists         | Yes      |
      | Final execution_run Status | <status> |

    Examples:
      | who           | deed                                                                | status                         |
      | somebody else | set the statement counters back during the metrics window           | COMPLETED                      |
      | the executor  | lose its right to read the statement counters once the index exists | COMPLETED หรือ REQUIRES_MANUAL |

  @TC-08 @P2 @normal
  Scenario: TC-08 Low Sample - Inconclusive: 10 samples are enough to judge
    มี 10 samples พอดี → ตัดสินได้ → rollback

    Given execution run "test-tc08-001" on connection "conn-008" adds index "idx_tc08_low" on test_orders (status)
    And the application's queries will get slower once the index exists, but only 10 of them will run in the metrics window
    When worker 1 carries out the run
    Then the result log reads
      | Field                             | Expected            |
      | ADD INDEX successful              | Yes                 |
      | Samples in the metrics window     | 10                  |
      | Verification detected degradation | Yes                 |
      | Rollback executed                 | Yes                 |
      | Index exists after rollback       | No                  |
      | Final execution_run Status        | ROLLED_BACK         |
      | fail_reason                       | verification_failed |
      | Rollback record status            | completed           |
