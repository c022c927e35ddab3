@security
Feature: Tokens
  Only a token that the issuer has signed, for this service and valid now, opens a session; everyone
  else learns only that a token is required. A session ends when its token expires.

  Background:
    Given the ticker service is running

  @QA-WS-021 @p0 @blocker @needs.mint @needs.statistics
  Scenario Outline: QA-WS-021 A forged token opens no session
    > Specification: given at least 30 kinds of bad token, then each is refused exactly as a missing
    > one, no session is counted, nothing tells the attacker which check failed, and a good token
    > still connects. Each kind is a valid token with one thing wrong. It is shown in each place where
    > the service takes tokens.

    Given the service's sessions, subscriptions and files are recorded
    When Mallory connects with a forged token: <token>
    Then Mallory is refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Mallory gets the same rejection as a client without a token
    And the service holds no more sessions, subscriptions or files than recorded, within 2 seconds
    When Alice connects with a valid token
    Then Alice is welcomed within 2 seconds

    Examples: the token chooses its own algorithm
      | token                                  |
      | algorithm none                         |
      | algorithm None                         |
      | algorithm NONE                         |
      | algorithm nOnE                         |
      | algorithm none over a good signature   |
      | no algorithm                           |
      | an unknown algorithm                   |
      | the right key with another algorithm   |
      | an HMAC with the public key            |
      | an HMAC with the public key's JWK      |
      | an HMAC with an empty key              |

    Examples: the signature does not match
      | token                                  |
      | no signature                           |
      | only two parts                         |
      | a truncated signature                  |
      | a signature with one bit flipped       |
      | an all-zero signature                  |
      | a signature with illegal characters    |
      | the signature of another token         |
      | the payload of another token           |
      | the header of another token            |
      | an untrusted key under the right kid   |

    @needs.key-ids
    Examples: the key id is not that of the key
      | token                                  |
      | the right key under another kid        |
      | an unknown kid                         |
      | an empty kid                           |
      | no kid                                 |

    Examples: a key of the set that is not for signatures
      | token                                  |
      | the set's key for encryption           |

    Examples: the header supplies a key, or demands an unknown extension
      | token                                  |
      | its own key in jwk                     |
      | its own key set at a jku URL           |
      | its own certificate in x5c             |
      | its own certificate at an x5u URL      |
      | a kid that is a list                   |
      | a kid that traverses to an empty file  |
      | a kid with an SQL injection            |
      | an unknown crit                        |
      | an empty crit                          |

    Examples: wrong time, issuer, audience or subject
      | token                                  |
      | expired an hour ago                    |
      | expired five seconds ago               |
      | not yet valid                          |
      | an expiry in words                     |
      | an expiry as a numeric string          |
      | no issuer                              |
      | a wrong issuer                         |
      | a prefix of the issuer                 |
      | the issuer with a suffix               |
      | the issuer in letters of the other case |
      | the issuer in a list                   |
      | no audience                            |
      | a wrong audience                       |
      | a prefix of the audience               |
      | the audience with a suffix             |
      | the audience in letters of the other case |
      | the audience inside a longer text      |
      | an empty subject                       |
      | a subject that is a number             |

    Examples: not a token
      | token                                  |
      | an empty token                         |
      | garbage                                |
      | only two dots                          |
      | five parts, as if encrypted            |
      | the JSON serialization of a token      |
      | a payload that is a list               |

    @needs.token-types
    Examples: a token that is for something else
      | token                                  |
      | a wrong typ                            |
      | the typ of a DPoP proof                |

    @needs.audience-lists
    Examples: a token for several services
      | token                                  |
      | the audience in a list                 |

    @needs.issue-times
    Examples: a token from the future
      | token                                  |
      | issued in the future                   |

    @needs.required-claims
    Examples: a claim that the standard leaves optional
      | token                                  |
      | no expiry                              |
      | no subject                             |

    @needs.finite-expiries
    Examples: an expiry beyond reason, which only the issuer could sign
      | token                                  |
      | an infinite expiry                     |

    @needs.deep-nesting
    Examples: claims beyond reason
      | token                                  |
      | a payload nested too deeply            |

  @QA-WS-021 @p0 @blocker @needs.mint @needs.statistics
  Scenario Outline: QA-WS-021 An oversized token opens no session
    > Specification: given an oversized token, then it is refused as a missing one, or with HTTP 400,
    > 413, 414 or 431, which most servers answer before the application is asked; no session is
    > counted, and a good token still connects.

    Given the service's sessions, subscriptions and files are recorded
    When Mallory connects with a forged token: <token>
    Then Mallory is refused with HTTP 400, 401, 413, 414 or 431, or closed with 1008 and a reason containing "Authentication required"
    And the service holds no more sessions, subscriptions or files than recorded, within 2 seconds
    When Alice connects with a valid token
    Then Alice is welcomed within 2 seconds

    Examples:
      | token             |
      | 100 kB of claims  |
      | 100 kB of garbage |

  @QA-WS-021 @p0 @blocker
  Scenario Outline: QA-WS-021 A token that is nearly right opens no session
    > Specification: given a token, or an API key, that differs from a good one in one place, then it
    > is refused, before the good one has been shown and while that is in use; the good one connects.

    When Mallory connects with a good token that was altered: <altered>
    And Alice connects with that token as it was
    And Mallory connects with that token altered once more: <altered>
    Then Mallory is refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Alice is welcomed within 2 seconds

    Examples:
      | altered                              |
      | another first character              |
      | another character in the middle      |
      | another last character               |
      | the last character missing           |
      | a character more                     |
      | capitals and small letters exchanged |
      | nothing in its place                 |

  @QA-WS-022 @p0 @critical @needs.mint @needs.inject
  Scenario: QA-WS-022 A session ends with its token
    > Specification: given a token that expires in 3 s, on an idle, a listening and a pinging
    > client, then each is closed with 1008 "token expired" within 2 s of the expiry, gets no later
    > tick, cannot reconnect with it, and a neighbour with a longer token is unharmed. Mia has
    > made a mistake, and subscribes and unsubscribes to the last; that prolongs nothing. Ines is the same user as Ida with a
    > newer token, which neither saves Ida nor ends with hers. The clients show it in each place where
    > the service takes tokens, by turns.

    Given Nora is connected with a token that expires in 60 days, and subscribed to NIFTY, which ticks every 50 ms
    And Ida, Lars, Pia and Mia are connected with a token that expires in 3 seconds, and Ines as the same user as Ida with one of an hour
    When Lars subscribes to NIFTY
    And Pia pings every 200 ms
    And Mia sends broken JSON, and then subscribes to BANKNIFTY and unsubscribes from it again and again
    Then Ida, Lars, Pia and Mia are closed by the service with code 1008 and a reason containing "token expired", within 2 seconds of the expiry and not before, and TCP within 2 seconds of that
    When Ida, Lars, Pia and Mia reconnect with that token
    Then Ida, Lars, Pia and Mia are refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Nora and Ines are connected

  @QA-WS-130 @p1 @critical @needs.mint @needs.inject @needs.launch @needs.observe
  Scenario Outline: QA-WS-130 Tokens begin and end at the same moment in every time zone
    > Beyond the plan: a token's times are seconds since 1970 in UTC, wherever the service stands (RFC
    > 7519, section 2). One that takes them for local time is right in London's winter, and lets
    > expired tokens in for hours, or keeps good ones out, elsewhere.

    Given the ticker service is running in the time zone <zone>
    And Nora is connected and subscribed to NIFTY, which ticks every 50 ms
    And Ida is connected with a token that expires in 3 seconds
    When Mallory connects with a forged token: expired an hour ago
    And Trudy connects with a forged token: not yet valid
    Then Mallory and Trudy are refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Ida is closed by the service with code 1008 and a reason containing "token expired", within 2 seconds of the expiry and not before
    And Nora is connected

    Examples:
      | zone             |
      | Asia/Kathmandu   |
      | America/St_Johns |

  @QA-WS-125 @p1 @normal @needs.mint @needs.inject @needs.rotation
  Scenario: QA-WS-125 The issuer's keys change while clients are connected
    > Beyond the plan: the issuer's keys change without a restart. A token of a key that was added is
    > admitted within 10 s; one of a key that was withdrawn is refused within 30 s; sessions that are
    > open stay as they are.

    Given Nora is connected and subscribed to NIFTY, which ticks every 50 ms
    When the issuer adds a signing key, and Alice keeps trying to connect with a token of it
    Then Alice is welcomed within 10 seconds
    When the issuer withdraws the former key, and Bob tries to connect with a token of it, for up to 30 seconds
    And Carol connects with a token of the new key
    Then Bob is refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Carol is welcomed within 2 seconds
    And Nora and Alice are connected

  @QA-WS-107 @p1 @critical @needs.revocation @needs.token-reuse
  Scenario Outline: QA-WS-107 A revoked token opens no session, and others go on to work
    > Beyond the plan: a token that was accepted is revoked. From 10 s after that at the latest it is
    > refused as any bad token, in every place in which a token can be shown, and nothing tells that
    > it was good once. The tokens of others go on to work, and so does another of the same person.

    Given Alice and Bob have connected twice with the same token, and left
    When the issuer revokes the token of Alice, who tries to connect with it, for up to 10 seconds
    Then the revoked token of Alice is refused in every place with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Alice gets the same rejection as a client without a token
    When <client> connects with <token>
    Then <client> is welcomed within 2 seconds

    Examples: somebody else's
      | client | token                            |
      | Bob    | the same token once more         |

    @needs.revocation-of-one-token @needs.mint
    Examples: her own
      | client | token                            |
      | Alice  | another token of the same person |

  @QA-WS-107 @p1 @normal @needs.revocation @needs.revocation-of-sessions @needs.token-reuse @needs.inject
  Scenario Outline: QA-WS-107 Open sessions of a revoked token are as the target declares
    > Beyond the plan: a token that was accepted is revoked. Sessions that it has opened end within
    > 10 s, or go on until they end by themselves, whichever the target declares, with ticks or
    > without; those of others stay as they are.

    Given Nora is connected and subscribed to NIFTY, which ticks every 50 ms
    And Lars is connected and subscribed to <symbol>
    When the issuer revokes the token of Lars, who tries to connect with it, for up to 10 seconds
    Then the sessions of the revoked token of Lars end within 10 seconds, or go on, as the target says
    And Nora is connected

    Examples:
      | session    | symbol    |
      | with ticks | NIFTY     |
      | without    | BANKNIFTY |

  @QA-WS-107 @p1 @normal @needs.revocation @needs.token-reuse @needs.launch
  Scenario: QA-WS-107 A revoked token stays revoked when the service starts again
    > Beyond the plan: a token that was accepted is revoked. It stays so when the service is started
    > again, and a good token still connects.

    Given Alice has connected twice with the same token, and left
    When the issuer revokes the token of Alice, who tries to connect with it, for up to 10 seconds
    And the service is restarted, and Alice tries to connect with the revoked token, for up to 10 seconds
    And Bob connects with a valid token
    Then the revoked token of Alice is refused in every place with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Bob is welcomed within 2 seconds
