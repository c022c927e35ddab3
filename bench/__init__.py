"""`make bench`: what the swarm and the reference service cost, beside what others use."""
