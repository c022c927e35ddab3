@security @needs.inject @needs.observe @needs.statistics
Feature: Hostile clients
  Whatever a client sends, at whatever speed, or fails to send: it gets an error or is disconnected,
  and nobody else notices.

  @QA-WS-024 @p0 @critical
  Scenario Outline: QA-WS-024 A hostile client is turned away and nobody else notices
    > Specification: given ten observers, when a client sends a message over 64 KiB, bad UTF-8,
    > forbidden frames (RFC 6455), binary, deep or huge JSON, or 1,000 messages a second, or stalls
    > its handshake, then it gets the response in the table, the observers stay gapless with p99
    > below 100 ms throughout, and the service's memory stays bounded. 111 hostile inputs in all.

    Given the ticker service is running
    And 10 clients are connected and subscribed to NIFTY, which ticks every 20 ms
    And the service's sockets, sessions, subscriptions and memory are recorded
    When <count> hostile clients attack with <attack>
    Then each of them is met with <response>
    When the hostile clients disconnect
    Then the service's sockets, sessions and subscriptions return to the recorded baseline within 5 seconds
    And the service's peak memory growth is below 8 MB
    And p99 delivery latency to the 10 clients is below 100 ms

    Examples:
      | count | attack                                           | response                                                    |
      | 12    | messages over 64 KiB                             | a close with code 1009                                      |
      | 44    | what ends a connection                           | disconnection within 10 seconds                             |
      | 4     | binary messages                                  | an error or a close with code 1003                          |
      | 28    | malformed, deeply nested, huge or ambiguous JSON | an error                                                    |
      | 6     | floods of 1,000 messages per second              | a close with code 1008 and the reason "rate limit exceeded" |
      | 13    | stalled or broken handshakes                     | disconnection within 10 seconds                             |

    @needs.failure-codes
    Examples: what ends a connection, kind by kind, and the code that says why
      | count | attack                                 | response               |
      | 14    | text that is not UTF-8                 | a close with code 1007 |
      | 20    | frames that the protocol forbids       | a close with code 1002 |
      | 10    | close frames that the protocol forbids | a close with code 1002 |

    @needs.counted-control-frames
    Examples: floods of what is no message
      | count | attack                                    | response                                                    |
      | 2     | floods of 1,000 control frames per second | a close with code 1008 and the reason "rate limit exceeded" |

    @needs.repeated-members
    Examples: JSON that two readers may take for two different things
      | count | attack                               | response |
      | 1     | JSON with a member that occurs twice | an error |

    @needs.few-headers
    Examples: handshakes that are lawful, and too long
      | count | attack                       | response                        |
      | 1     | handshakes with many headers | disconnection within 10 seconds |
