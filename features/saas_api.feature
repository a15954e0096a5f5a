Feature: SaaS API
  The SaaS API decides who may work on a run and what is on record of it. Workers call it as they should; here the suite
  calls it itself, also as nobody should.

  @TC-11 @P3 @normal
  Scenario: TC-11 SaaS API by Itself
    เรียก SaaS API โดยตรง → ต้องตอบและบันทึกตาม contract

    Given execution run "test-tc11-001" on connection "conn-011" adds index "idx_tc11_api" on test_orders (customer_id)
    When the suite itself calls the SaaS API: a run from its claim to its end, and reports after it
    Then the result log reads
      | Field                      | Expected        |
      | Final execution_run Status | FAILED          |
      | fail_reason                | execution_error |
      | Index created              | No              |

  @TC-11 @P3 @normal
  Scenario: TC-11 SaaS API by Itself: only who holds the run may write
    ผู้ที่ไม่มี claim_token ของ claim ล่าสุด หรือ lease หมดอายุแล้ว เขียนไม่ได้ → 409

    Given execution run "test-tc11-001" on connection "conn-011" adds index "idx_tc11_api" on test_orders (customer_id)
    When the suite itself calls the SaaS API: writes by callers that do not hold the run
    Then the result log reads
      | Field                               | Expected |
      | Writes without the claim refused | 28 of 28 |
      | Final execution_run Status          | FAILED   |

  @TC-11 @P3 @normal @needs.secret
  Scenario: TC-11 SaaS API by Itself: nobody gets in without the secret
    ทุกคำขอที่ไม่มี secret ใน header ที่กำหนด ต้องได้ 401 และไม่มีอะไรเปลี่ยน

    Given execution run "test-tc11-001" on connection "conn-011" adds index "idx_tc11_api" on test_orders (customer_id)
    When the suite itself calls the SaaS API: calls without the secret in its place
    Then the result log reads
      | Field                            | Expected |
      | Calls without the secret refused | 36 of 36 |
      | Final execution_run Status       | FAILED   |

  @TC-11 @P3 @normal
  Scenario: TC-11 SaaS API by Itself: ids and fields are taken as they are
    id ทุกรูปแบบที่ถูกต้องใช้ได้ตามตัวอักษร field ที่ไม่รู้จักถูกละเว้น และคำขอที่ผิดได้ error ตามมาตรฐาน

    Given execution run "test-tc11-001" on connection "conn-011" adds index "idx_tc11_api" on test_orders (customer_id)
    When the suite itself calls the SaaS API: ids of every form, unknown fields, and calls that are wrong
    Then the result log reads
      | Field                      | Expected |
      | Ids taken as they are      | 61 of 61 |
      | Final execution_run Status | FAILED   |

  @TC-11 @P3 @normal @needs.second_api
  Scenario: TC-11 SaaS API by Itself: a kill switch is shown by every API at once
    เปิดหรือปิด kill switch ที่ API หนึ่ง → อีก API ต้องเห็นทันที

    Given execution run "test-tc11-001" on connection "conn-011" adds index "idx_tc11_api" on test_orders (customer_id)
    When the suite itself calls the SaaS API: kill switches turned at one API and looked at by two
    Then the result log reads
      | Field                       | Expected  |
      | Kill switches shown as set  | 55 of 55  |
      | Final execution_run Status  | SCHEDULED |

  @TC-11 @P3 @normal @needs.second_api
  Scenario: TC-11 SaaS API by Itself: of many claims at once one is granted
    claim จำนวนมากพร้อมกันผ่านสอง API → ต้องได้รายเดียว และทุกเวลาเป็น UTC

    Given execution run "test-tc11-001" on connection "conn-011" adds index "idx_tc11_api" on test_orders (customer_id)
    When the suite itself calls the SaaS API: many claims at once at two APIs, one of them in another time zone
    Then the result log reads
      | Field                      | Expected |
      | Claims granted             | 1 of 8   |
      | Final execution_run Status | FAILED   |

  @TC-11 @P3 @normal @needs.second_api
  Scenario: TC-11 SaaS API by Itself: without its database it says nothing
    API ที่ติดต่อฐานข้อมูลไม่ได้ ต้องตอบ 5xx ห้ามบอกว่า kill switch ปิดอยู่

    Given execution run "test-tc11-001" on connection "conn-011" adds index "idx_tc11_api" on test_orders (customer_id)
    When the suite itself calls the SaaS API: calls while the API has lost its database
    Then the result log reads
      | Field                                | Expected |
      | Calls without the database failed | 12 of 12 |
      | Final execution_run Status           | FAILED   |
