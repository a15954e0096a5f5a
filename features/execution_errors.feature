Feature: Errors of the ADD INDEX itself
  What the server refuses is not forced on it: the run ends and says why, and nothing else is tried.

  @TC-04 @P2 @normal
  Scenario: TC-04 LOCK=NONE Not Supported
    MySQL ไม่รองรับ LOCK=NONE → mark requires_manual
    The table is MyISAM, which cannot add an index in place.

    Given execution run "test-tc04-001" on connection "conn-004" adds index "idx_tc04_content" on test_myisam_table (content(100))
    When worker 1 carries out the run
    Then the result log reads
      | Field                                  | Expected                |
      | MySQL error detected                   | Error 1846 หรือ similar |
      | Index created                          | No                      |
      | Final execution_run Status             | REQUIRES_MANUAL         |
      | fail_reason                            | execution_error         |
      | Error message recorded                 | Yes                     |
      | Schema changes tried after the refusal | None                    |

  @TC-04 @P2 @normal @needs.index_types
  Scenario: TC-04 LOCK=NONE Not Supported: a FULLTEXT index on InnoDB
    InnoDB สร้าง FULLTEXT index แบบ LOCK=NONE ไม่ได้ → mark requires_manual

    Given execution run "test-tc04-001" on connection "conn-004" adds a FULLTEXT index "idx_tc04_content" on test_orders (status)
    When worker 1 carries out the run
    Then the result log reads
      | Field                                  | Expected        |
      | MySQL error detected                   | Error 1846      |
      | Index created                          | No              |
      | Final execution_run Status             | REQUIRES_MANUAL |
      | fail_reason                            | execution_error |
      | Error message recorded                 | Yes             |
      | Schema changes tried after the refusal | None            |

  @TC-04 @P2 @normal @needs.index_types @needs.accounts @needs.spatial_indexes
  Scenario: TC-04 LOCK=NONE Not Supported: a SPATIAL index on InnoDB
    InnoDB สร้าง SPATIAL index แบบ LOCK=NONE ไม่ได้ → mark requires_manual

    Given there is a table test_places of locations
    And execution run "test-tc04-001" on connection "conn-004" adds a SPATIAL index "idx_tc04_content" on test_places (location)
    When worker 1 carries out the run
    Then the result log reads
      | Field                                  | Expected        |
      | MySQL error detected                   | Error 1846      |
      | Index created                          | No              |
      | Final execution_run Status             | REQUIRES_MANUAL |
      | fail_reason                            | execution_error |
      | Error message recorded                 | Yes             |
      | Schema changes tried after the refusal | None            |

  @TC-04 @P2 @normal
  Scenario Outline: TC-04 LOCK=NONE Not Supported: another error, for <incident>
    MySQL ตอบ error อื่นของ ADD INDEX → จบเป็น failed หรือ requires_manual พร้อมบันทึก error และห้ามลองด้วยวิธีอื่น

    Given execution run "test-tc04-001" on connection "conn-004" adds index "idx_tc04_content" on test_orders (customer_id, total_amount)
    When worker 1 carries out the run, and while its ADD INDEX waits for the table, <incident>
    Then the result log reads
      | Field                                  | Expected                    |
      | MySQL error detected                   | <error>                     |
      | Index created                          | No                          |
      | Final execution_run Status             | FAILED หรือ REQUIRES_MANUAL |
      | fail_reason                            | execution_error             |
      | Error message recorded                 | Yes                         |
      | Schema changes tried after the refusal | None                        |

    Examples:
      | incident                                    | error      |
      | somebody else renames the column            | Error 1072 |
      | an administrator ends it                    | Error 1317 |
      | the table stays locked                      | Error 1205 |
      | the table is locked again before it commits | Error 1205 |

  @TC-04 @P2 @normal
  Scenario Outline: TC-04 LOCK=NONE Not Supported: the connection is lost, for <incident>
    Connection ขาดระหว่าง ADD INDEX → ห้ามส่งซ้ำทั้งที่คำสั่งเดิมยังไม่จบ และต้องไม่สร้าง index ซ้ำ

    Given execution run "test-tc04-001" on connection "conn-004" adds index "idx_tc04_content" on test_orders (customer_id, total_amount)
    And a query of the run never runs
    When worker 1 carries out the run, and while its ADD INDEX waits for the table, <incident>
    Then the result log reads
      | Field                      | Expected                                   |
      | ADD INDEX carried out      | <carried out>                              |
      | Final execution_run Status | COMPLETED หรือ FAILED หรือ REQUIRES_MANUAL |
      | fail_reason                | NULL หรือ execution_error                  |

    Examples:
      | incident                                         | carried out     |
      | its connection is cut                            | never หรือ once |
      | the server carries it out but the answer is lost | once            |

  @TC-04 @P2 @normal @needs.own_accounts
  Scenario: TC-04 LOCK=NONE Not Supported: the server lets the executor not in
    Executor เชื่อมต่อ MySQL ไม่ได้ → จบพร้อมบันทึก error หรือปล่อย run ไว้ให้ worker ถัดไป

    Given execution run "test-tc04-001" on connection "conn-004" adds index "idx_tc04_content" on test_orders (total_amount)
    And the server lets the executor not in any more
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected                                 |
      | ADD INDEX statements sent  | 0                                        |
      | Index created              | No                                       |
      | Final execution_run Status | FAILED หรือ REQUIRES_MANUAL หรือ RUNNING |
      | fail_reason                | NULL หรือ execution_error                |

  @TC-04 @P2 @normal
  Scenario: TC-04 LOCK=NONE Not Supported: a foreign key that the index would serve
    ตารางมี foreign key ที่ index ใหม่จะรองรับ → server อาจแทนที่ index เดิมและไม่ยอมให้ลบ index ใหม่ จึงห้ามสร้าง และต้องบันทึกเหตุผล

    Given test_orders has a foreign key on customer_id, which the index would serve
    And execution run "test-tc04-001" on connection "conn-004" adds index "idx_tc04_content" on test_orders (customer_id, total_amount)
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected                                 |
      | ADD INDEX carried out      | never                                    |
      | Index created              | No                                       |
      | Final execution_run Status | FAILED หรือ REQUIRES_MANUAL หรือ RUNNING |
      | fail_reason                | NULL หรือ execution_error                |

  @TC-05 @P2 @normal
  Scenario: TC-05 Index Already Exists
    Index มีอยู่แล้ว → abort

    Given index "idx_tc05_existing" on test_orders (customer_id) already exists
    And execution run "test-tc05-001" on connection "conn-005" adds index "idx_tc05_existing" on test_orders (customer_id)
    When worker 1 carries out the run
    Then the result log reads
      | Field                        | Expected        |
      | Duplicate key error detected | Error 1061      |
      | Execution aborted            | Yes             |
      | Final execution_run Status   | FAILED          |
      | fail_reason                  | execution_error |
      | Index that was there before  | unchanged       |

  @TC-05 @P2 @normal
  Scenario: TC-05 Index Already Exists: of the same name, on another column
    มี index ชื่อเดียวกันบนคอลัมน์อื่น → abort และห้ามแตะ index เดิม

    Given index "idx_tc05_existing" on test_orders (order_date) already exists
    And execution run "test-tc05-001" on connection "conn-005" adds index "idx_tc05_existing" on test_orders (customer_id)
    When worker 1 carries out the run
    Then the result log reads
      | Field                        | Expected        |
      | Duplicate key error detected | Error 1061      |
      | Execution aborted            | Yes             |
      | Final execution_run Status   | FAILED          |
      | fail_reason                  | execution_error |
      | Index that was there before  | unchanged       |

  @TC-05 @P2 @normal
  Scenario: TC-05 Index Already Exists: made while the ADD INDEX of the run waits
    มีคนอื่นสร้าง index เดียวกันขณะที่ ADD INDEX ของ run รออยู่ → abort และห้ามถือว่าเป็นของ run

    Given execution run "test-tc05-001" on connection "conn-005" adds index "idx_tc05_existing" on test_orders (customer_id)
    When worker 1 carries out the run, and while its ADD INDEX waits for the table, somebody else adds an index of that name
    Then the result log reads
      | Field                        | Expected        |
      | Duplicate key error detected | Error 1061      |
      | Execution aborted            | Yes             |
      | Final execution_run Status   | FAILED          |
      | fail_reason                  | execution_error |
      | Index that was there before  | unchanged       |

  @TC-05 @P2 @normal
  Scenario: TC-05 Index Already Exists: control, nobody has the name, which is no plain one
    ชื่อ index มีช่องว่าง เครื่องหมายคำพูด และอักษรไทย → ต้องใช้ชื่อนั้นตรงตัว หรือปฏิเสธตั้งแต่ต้น

    Given execution run "test-tc05-001" on connection "conn-005" adds index " idx_tc05 'a' "b" `c`, (d); -- ดัชนี" on test_orders (order_date)
    When worker 1 carries out the run
    Then the result log reads
      | Field                                     | Expected |
      | Index name taken as it is, or turned down | Yes      |

  @TC-05 @P2 @normal
  Scenario: TC-05 Index Already Exists: the run is to drop it
    Executor v1 ทำ ADD INDEX เท่านั้น → abort และห้ามแตะ index เดิม

    Given index "idx_tc05_existing" on test_orders (customer_id) already exists
    And execution run "test-tc05-001" on connection "conn-005" drops index "idx_tc05_existing" on test_orders (customer_id)
    When worker 1 carries out the run
    Then the result log reads
      | Field                       | Expected     |
      | ADD INDEX statements sent   | 0            |
      | Final execution_run Status  | FAILED       |
      | fail_reason                 | out_of_scope |
      | Index that was there before | unchanged    |
