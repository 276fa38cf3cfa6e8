"""A seeded sample world: dealers, parts and flows whose truth is known to the last piece.

`write_world` simulates a chip maker's channel and writes the files that its dealers would send,
each in its own shape and with planted errors, next to the truth they must lead to.

How the modules build on each other::

    spec -> catalogue -> simulate (flows) -> lines, orders, … -> channel -> write -> truth
                                             render -> dirt -> sheet --^    samples (feeds/)

`channel` puts the lines of all reports together: `lines` (pos, stock, sell_in) with `traces` and
the planted cases of `diversion`, then `claims`, `orders`, `enablement`, `feedback`, `forecast` and
the documents of `vendor`. To add a report: one function that makes its canonical frame from
`Flows`, its place in `channel`, one `ReportShape` per dealer that sends it (`shapes_channel`), and
its errors in `dirt.ERRORS`.
Every concern draws from its own random stream (`spec.rng`), so that a new report leaves the
numbers of the others as they were.

Units inside the package: quantities are pieces (int64), money is in 1/10,000 of the currency
unit (int64, names end in `_e4`), days are counted from the first day of the world (int).
"""

from chip_channel.world.samples import write_feeds
from chip_channel.world.spec import WorldSpec
from chip_channel.world.write import WorldFiles, write_world

__all__ = ["WorldFiles", "WorldSpec", "write_feeds", "write_world"]
