"""The load generator: a swarm of fast clients, and the open-loop publisher that feeds them.

`swarm` runs what `plan` says and returns a `result`; both run in processes of their own, which
`cluster` starts and steers. `subscriber` reads and checks, `churn` comes and goes, `publisher`
publishes on a schedule.
"""
