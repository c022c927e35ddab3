@security
Feature: Tokens
  Only what the issuer has signed, for this service and for this hour, opens a session; nobody else
  is told more than that a token is required. A session ends with its token.

  Background:
    Given the ticker service is running

  @QA-WS-021 @p0 @blocker @needs.mint @needs.statistics
  Scenario Outline: QA-WS-021 A forged token opens nothing
    > Plan: given at least 30 kinds of bad token, then each is refused exactly as a missing one, no
    > session is counted, nothing tells the attacker which check failed, and a good token still
    > connects. Each kind is a sound token with one thing wrong.

    Given the service's sessions and sockets are recorded
    When Mallory connects with a forged token: <token>
    Then Mallory is refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Mallory gets the same rejection as a client without a token
    And the service holds no more sessions or sockets than recorded, within 2 seconds
    And Alice can connect with a valid token within 2 seconds

    Examples: the algorithm is the token's own choice
      | token                                |
      | algorithm none                       |
      | algorithm None                       |
      | algorithm NONE                       |
      | algorithm nOnE                       |
      | algorithm none over a good signature |
      | no algorithm                         |
      | an unknown algorithm                 |
      | another algorithm of the right key   |
      | an HMAC with the public key          |
      | an HMAC with the public key's JWK    |
      | an HMAC with an empty key            |

    Examples: the signature does not belong to it
      | token                                |
      | no signature                         |
      | two parts only                       |
      | a signature cut short                |
      | a signature with one bit flipped     |
      | a signature of zeros                 |
      | a signature with stray characters    |
      | the signature of another token       |
      | the payload of another token         |
      | the header of another token          |
      | a strange key under the right kid    |

    Examples: the key set has other keys too
      | token                                |
      | the right key under another kid      |
      | the set's key for encryption         |

    Examples: the header brings a key, or demands what is unknown
      | token                                |
      | its own key in jwk                   |
      | its own key set behind jku           |
      | its own certificate in x5c           |
      | its own certificate behind x5u       |
      | an unknown kid                       |
      | an empty kid                         |
      | no kid                               |
      | a kid that is a list                 |
      | a kid that walks to an empty file    |
      | a kid with SQL in it                 |
      | an unknown crit                      |
      | an empty crit                        |
      | a wrong typ                          |

    Examples: not for now, not from there, not for here, or about nobody
      | token                                |
      | expired an hour ago                  |
      | expired five seconds ago             |
      | not yet valid                        |
      | issued in the future                 |
      | no expiry                            |
      | an expiry in words                   |
      | an expiry in digits but as text      |
      | an expiry at infinity                |
      | no issuer                            |
      | a wrong issuer                       |
      | a part of the issuer                 |
      | more than the issuer                 |
      | the issuer in a list                 |
      | no audience                          |
      | a wrong audience                     |
      | a part of the audience               |
      | more than the audience               |
      | the audience within other words      |
      | the audience in a list               |
      | no subject                           |
      | an empty subject                     |
      | a subject that is a number           |

    Examples: no token at all
      | token                                |
      | garbage                              |
      | two dots only                        |
      | five parts, as if encrypted          |
      | JSON in place of a token             |
      | a payload that is a list             |
      | a payload nested too deeply          |
      | 100 kB of claims                     |
      | 100 kB of garbage                    |

  @QA-WS-022 @p0 @critical @needs.mint @needs.inject
  Scenario: QA-WS-022 A session ends with its token
    > Plan: given a token that expires in 3 s, on an idle, a listening and a pinging client, then
    > each is closed with 1008 "token expired" within 2 s of the expiry, gets no later tick, cannot
    > reconnect with it, and a neighbour with a longer token is unharmed.

    Given Nora is connected and subscribed to NIFTY, which ticks every 50 ms
    And Ida, Lars and Pia are connected with a token that expires in 3 seconds
    When Lars subscribes to NIFTY
    And Pia pings every 200 ms
    Then Ida, Lars and Pia are closed by the service with code 1008 and a reason containing "token expired", within 2 seconds of the expiry and not before
    When Ida, Lars and Pia reconnect with that token
    Then Ida, Lars and Pia are refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Nora is connected
