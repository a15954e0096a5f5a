Feature: Taking over from a dead worker
  When the worker that claimed the run dies, another takes over once the lease has run out, and not a moment before.

  Background:
    Given execution run "test-tc10-001" on connection "conn-010" adds index "idx_tc10_crash" on test_orders (total_amount)
    And another session of the executor's account is at work

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry
    Worker crash กลางทาง → lease หมดอายุแล้ว worker ใหม่รับต่อได้
    The ADD INDEX of the crashed worker came to nothing, so its successor adds the index.

    Given the claim of worker 1 has a short lease
    When worker 1 is killed while its ADD INDEX waits for the table's lock, and the ADD INDEX dies with it
    And the lease of worker 1 has run out
    And worker 2 carries out the run
    Then the result log reads
      | Field                         | Expected                 |
      | Worker 1 claimed successfully | Yes                      |
      | Worker 1 crashed              | Yes (simulated)          |
      | Lease expired                 | Yes                      |
      | Worker 2 claimed successfully | Yes (after lease expiry) |
      | Final execution_run Status    | COMPLETED                |
      | ADD INDEX carried out         | once                     |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: the server finishes the ADD INDEX of the crashed worker
    MySQL สร้าง index จนเสร็จแม้ worker ตายไปแล้ว → worker ใหม่ต้องรู้ว่ามี index นั้นแล้วและไม่สร้างซ้ำ

    Given the claim of worker 1 has a short lease
    When worker 1 is killed while its ADD INDEX waits for the table's lock, but the server completes the ADD INDEX all the same
    And the lease of worker 1 has run out
    And worker 2 carries out the run
    Then the result log reads
      | Field                           | Expected                 |
      | Worker 1 claimed successfully   | Yes                      |
      | Worker 1 crashed                | Yes (simulated)          |
      | Lease expired                   | Yes                      |
      | Worker 2 claimed successfully   | Yes (after lease expiry) |
      | Final execution_run Status      | COMPLETED                |
      | Index found and not added again | Yes                      |

  @TC-10 @P2 @normal
  Scenario Outline: TC-10 Worker Crash + Lease Expiry: <whose> index has the name when the successor comes
    มี index ชื่อเดียวกันที่คนอื่นสร้าง หรือที่ run อื่นสร้างบนคอลัมน์เดียวกัน → worker ใหม่ห้ามถือว่าเป็นของ run และห้ามแตะ

    Given the claim of worker 1 has a short lease
    When worker 1 is killed while its ADD INDEX waits for the table's lock, and the ADD INDEX dies with it
    And <deed>
    And the lease of worker 1 has run out
    And worker 2 carries out the run
    Then the result log reads
      | Field                           | Expected                 |
      | Worker 1 claimed successfully   | Yes                      |
      | Worker 1 crashed                | Yes (simulated)          |
      | Lease expired                   | Yes                      |
      | Worker 2 claimed successfully   | Yes (after lease expiry) |
      | Index taken for the run's own   | No                       |
      | Index that was there before     | unchanged                |

    Examples:
      | whose           | deed                                                                   |
      | somebody else's | somebody else adds index "idx_tc10_crash" on test_orders (customer_id) |
      | another run's   | somebody adds the same index for another run                           |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: a successor that comes too early
    Worker ใหม่ที่มาก่อน lease หมดอายุต้องได้ 409

    Given worker 2 will claim the run at the very moment when worker 1 is killed
    When worker 1 is killed while its ADD INDEX waits for the table's lock, and the ADD INDEX dies with it
    Then the result log reads
      | Field                         | Expected        |
      | Worker 1 claimed successfully | Yes             |
      | Worker 1 crashed              | Yes (simulated) |
      | Claim before the lease ended  | 409 Conflict    |
      | Final execution_run Status    | RUNNING         |
      | ADD INDEX carried out         | never           |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: the ADD INDEX of the crashed worker still waits when its successor comes
    ADD INDEX ของ worker ที่ตายไปแล้วยังรอ lock ของตารางอยู่ → ต้องสร้าง index เพียงครั้งเดียว ไม่ชนกัน

    Given the claim of worker 1 has a short lease
    When worker 1 is killed while its ADD INDEX waits for the table's lock
    And the lease of worker 1 has run out
    And worker 2 carries out the run, and the table's lock is released while both ADD INDEX statements wait for it
    Then the result log reads
      | Field                         | Expected                 |
      | Worker 1 claimed successfully | Yes                      |
      | Worker 1 crashed              | Yes (simulated)          |
      | Lease expired                 | Yes                      |
      | Worker 2 claimed successfully | Yes (after lease expiry) |
      | Final execution_run Status    | COMPLETED                |
      | ADD INDEX carried out         | once                     |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: control, a worker that is alive keeps its run
    Worker ที่ยังทำงานอยู่ต้องต่ออายุ lease → worker อื่นต้องได้ 409

    Given the SaaS API grants worker 1 a shorter lease than it asks for
    And the SaaS API chooses the claim tokens itself
    And the run's list of queries is empty
    When worker 1 waits for the table's lock for longer than its lease, and worker 2 claims the run meanwhile
    Then the result log reads
      | Field                         | Expected     |
      | Worker 1 claimed successfully | Yes          |
      | Worker 2 HTTP Response        | 409 Conflict |
      | Only 1 worker executed        | Yes          |
      | Final execution_run Status    | COMPLETED    |

  @TC-10 @P2 @normal
  Scenario Outline: TC-10 Worker Crash + Lease Expiry: worker 1 freezes <moment>, and wakes up after the takeover
    Worker 1 ค้างจน lease หมดอายุ แล้วกลับมาทำงานหลัง worker 2 รับ run ต่อไปแล้ว → ห้ามแตะ run อีก
    The kill switch fails for worker 1 alone: if it went on, it would take back the index of worker 2.

    Given the claim of worker 1 has a short lease
    When worker 1 freezes <moment>
    And the lease of worker 1 has run out
    And worker 2 takes the run over, and worker 1 wakes up in the middle of it
    Then the result log reads
      | Field                               | Expected                 |
      | Worker 1 claimed successfully       | Yes                      |
      | Lease expired                       | Yes                      |
      | Worker 2 claimed successfully       | Yes (after lease expiry) |
      | Done by worker 1 after the takeover | Nothing                  |
      | Index found and not added again     | Yes                      |
      | Final execution_run Status          | COMPLETED                |

    Examples:
      | moment                              |
      | after its ADD INDEX                 |
      | while its last report is on the way |

  @TC-10 @P2 @normal
  Scenario Outline: TC-10 Worker Crash + Lease Expiry: worker 1 freezes <moment>, and wakes up when its lease is over
    Worker 1 ค้างจน lease หมดอายุ แล้วกลับมาทำงานโดยยังไม่มีใครรับ run ต่อ → lease ที่หมดแล้วใช้ต่อไม่ได้ ต้องปล่อยให้ worker ใหม่
    The kill switch fails for worker 1: if it went on, it would take back an index that is its successor's to judge.

    Given the claim of worker 1 has a short lease
    When worker 1 freezes <moment>
    And the lease of worker 1 has run out
    And worker 1 wakes up, and nobody has taken the run over
    Then the result log reads
      | Field                         | Expected |
      | Worker 1 claimed successfully | Yes      |
      | Final execution_run Status    | RUNNING  |
      | Index still exists            | Yes      |
      | ADD INDEX carried out         | once     |

    Examples:
      | moment                              |
      | after its ADD INDEX                 |
      | while its last report is on the way |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: the lease of a worker runs out while its ADD INDEX waits
    Heartbeat ไม่ได้รับคำตอบจน lease หมดอายุขณะที่ ADD INDEX รอ → worker ต้องหยุด และไม่ทิ้งอะไรไว้บน server

    When worker 1 carries out the run, and while its ADD INDEX waits for the table, the lease runs out unrenewed
    Then the result log reads
      | Field                         | Expected |
      | Worker 1 claimed successfully | Yes      |
      | ADD INDEX carried out         | never    |
      | Final execution_run Status    | RUNNING  |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: the lease of a worker is refused while its DROP INDEX waits
    Heartbeat ได้ 409 ขณะที่ DROP INDEX รอ → worker ต้องไม่ส่ง DROP INDEX หรือรายงานอะไรอีก

    Given the kill switch of connection "conn-010" will be turned on once the index exists
    When worker 1 carries out the run, and while its DROP INDEX waits for the table, the lease is refused
    Then the result log reads
      | Field                         | Expected |
      | Worker 1 claimed successfully | Yes      |
      | Index still exists            | Yes      |
      | Rollback failed               | Yes      |
      | Final execution_run Status    | RUNNING  |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: the kill switch is turned on before the successor comes
    Kill switch เปิดหลัง worker 1 crash → worker ใหม่ต้องถาม kill switch ก่อน แล้วเอา index ออก
    Two successors come at once, and one of them gets the run.

    Given the claim of worker 1 has a short lease
    When worker 1 is killed while its ADD INDEX waits for the table's lock, but the server completes the ADD INDEX all the same
    And the kill switch is turned on
    And the lease of worker 1 has run out
    And workers 2 and 3 claim the run at the same moment, and the one that gets it is called worker 2
    Then the result log reads
      | Field                         | Expected                 |
      | Worker 1 crashed              | Yes (simulated)          |
      | Worker 2 claimed successfully | Yes (after lease expiry) |
      | Worker 2 exit status          | 0                        |
      | ADD INDEX carried out         | once                     |
      | Index exists after rollback   | No                       |
      | Final execution_run Status    | ROLLED_BACK              |
      | fail_reason                   | kill_switch              |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: worker 1 dies in its rollback, and the kill switch is turned off
    Worker 1 crash ระหว่าง rollback แล้ว kill switch ถูกปิด → worker ใหม่ต้องทำ rollback ที่เริ่มไว้ให้เสร็จ
    Only the successor of a worker that can leave no word of its rollback may complete the run.

    Given the claim of worker 1 has a short lease
    When worker 1 is killed while its DROP INDEX for the kill switch waits for the table's lock
    And the kill switch is turned off again
    And the lease of worker 1 has run out
    And worker 2 carries out the run
    Then the result log reads
      | Field                         | Expected                   |
      | Worker 1 crashed              | Yes (simulated)            |
      | Worker 2 claimed successfully | Yes (after lease expiry)   |
      | ADD INDEX carried out         | once                       |
      | Final execution_run Status    | ROLLED_BACK หรือ COMPLETED |

  @TC-10 @P2 @normal
  Scenario Outline: TC-10 Worker Crash + Lease Expiry: heartbeats <loss> while the <statement> INDEX waits
    Worker 1 เสีย lease ขณะที่คำสั่งของตัวเองรอ lock ของตาราง → ห้ามส่งคำสั่งหรือรายงานใหม่ ต้องปล่อย run ให้ worker ใหม่

    Given the claim of worker 1 has a short lease
    When the heartbeats of worker 1 <loss> while its <statement> INDEX waits for the table's lock
    Then the result log reads
      | Field                         | Expected |
      | Worker 1 claimed successfully | Yes      |
      | Final execution_run Status    | RUNNING  |

    Examples:
      | statement | loss                                     |
      | ADD       | are refused with 409                     |
      | DROP      | are not answered until its lease is over |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: control, the last report is not taken for longer than the lease
    รายงานสุดท้ายส่งไม่ได้นานกว่า lease → worker ที่ยังส่งซ้ำอยู่ต้องต่ออายุ lease ด้วย
    Who has tried for the length of its lease may give up.

    Given the SaaS API will fail to take the last report for longer than the lease of worker 1
    When worker 1 carries out the run
    Then the result log reads
      | Field                         | Expected               |
      | Worker 1 claimed successfully | Yes                    |
      | ADD INDEX carried out         | once                   |
      | Final execution_run Status    | COMPLETED หรือ RUNNING |

  @TC-10 @P2 @normal
  Scenario: TC-10 Worker Crash + Lease Expiry: the last report is refused
    รายงานสุดท้ายถูกปฏิเสธ → worker ต้องปล่อย run ไว้ตามนั้น ไม่รายงานผลแบบอื่น

    When worker 1 carries out the run, and its last report is refused with 422
    Then the result log reads
      | Field                         | Expected |
      | Worker 1 claimed successfully | Yes      |
      | Index still exists            | Yes      |
      | ADD INDEX carried out         | once     |
      | Final execution_run Status    | RUNNING  |

  @TC-10 @P2 @normal
  Scenario Outline: TC-10 Worker Crash + Lease Expiry: control, the last report <trouble>
    รายงานสุดท้ายไม่ได้ response ที่ใช้ได้ → worker ต้องส่งซ้ำ และผลของ run ต้องไม่เปลี่ยน

    When worker 1 carries out the run, and its last report <trouble>
    Then the result log reads
      | Field                         | Expected  |
      | Worker 1 claimed successfully | Yes       |
      | Last report sent again        | Yes       |
      | Worker 1 exit status          | 0         |
      | ADD INDEX carried out         | once      |
      | Final execution_run Status    | COMPLETED |

    Examples:
      | trouble                                    |
      | is answered with 503 and its like at first |
      | arrives, but its answer is lost            |
