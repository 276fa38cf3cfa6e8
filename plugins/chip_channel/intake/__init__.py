"""Intake: a file from a dealer becomes lines in raw, and nothing is lost or doubled on the way.

The order of the modules is the order of the flow: `landing` takes a file into the content store,
`feed` recognises it, `delimited` or `excel` reads it, `normalise` and `check` make canonical
lines of it, `load` writes them in one transaction, `rejects` tells the dealer what was refused.
`child` runs reading to loading in a capped process, `service` runs the whole.
"""
