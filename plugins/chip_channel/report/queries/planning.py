"""What planning published: proposals, alerts, forecasts."""

from chip_channel.report.reading import Reader, Row


def orders(db: Reader, limit: int = 25) -> list[Row]:
    """The largest proposals: by value, then by pieces."""
    return db.published.execute(
        "select r.*, coalesce(d.mpn, r.product_id) as mpn from publish.mart_replenishment as r "
        "left join publish.dim_product as d on d.product_id = r.product_id and d.is_current "
        "where r.proposed_qty > 0 order by r.proposed_value_vendor desc nulls last, "
        "r.proposed_qty desc, r.dealer_id, r.product_id limit %s",
        (limit,),
    ).fetchall()


def alerts(db: Reader) -> list[Row]:
    """Open alerts by kind: how many, how many critical, money at stake."""
    return db.published.execute(
        "select kind, count(*) as open, count(*) filter (where severity = 'critical') as critical, "
        "sum(value_vendor) as value_vendor from publish.mart_alert where closed_at is null "
        "group by kind order by kind"
    ).fetchall()


def running_out(db: Reader, limit: int = 20) -> list[Row]:
    """Open stock-out alerts, the most at stake first."""
    return db.published.execute(
        "select dealer_id, coalesce(product_id, about) as product_id, severity, evidence, "
        "value_vendor from publish.mart_alert where kind = 'stock_out' and closed_at is null "
        "order by severity, value_vendor desc nulls last, alert_key limit %s",
        (limit,),
    ).fetchall()


def fans(db: Reader, limit: int = 12) -> list[Row]:
    """Weeks of the pairs with the greatest expected demand: what sold, then what is expected.

    A week without a sale counts 0 from the first sale on; one that the dealer has not reported to its
    end is null. `qty` is null for weeks ahead too, the quantiles for weeks past.
    """
    until = {
        row["dealer_id"]: row["until"]
        for row in db.ledger.execute(
            "select dealer_id, max(period_end) as until from ctl.submission "
            "where status = 'accepted' and report = 'pos' group by dealer_id"
        )
    }
    return db.published.execute(
        """
        with chosen as (
            select dealer_id, product_id, min(origin) as origin from publish.mart_forecast
            group by dealer_id, product_id
            order by sum(mean_qty) desc, dealer_id, product_id limit %s
        ),
        sold as (
            select d.dealer_id, d.product_id, d.week, sum(d.sold_qty - d.returned_qty) as qty
            from publish.fct_demand_weekly as d inner join chosen as c
                on c.dealer_id = d.dealer_id and c.product_id = d.product_id
            where d.week <= c.origin
            group by d.dealer_id, d.product_id, d.week
        ),
        reported as (
            select * from unnest(%s::text[], %s::date[]) as r (dealer_id, until)
        ),
        known as (
            select c.dealer_id, c.product_id, w.week::date as week
            from chosen as c
            inner join (
                select dealer_id, product_id, min(week) as week from sold group by dealer_id, product_id
            ) as f on f.dealer_id = c.dealer_id and f.product_id = c.product_id
            cross join lateral generate_series(
                greatest(f.week, c.origin - 357)::timestamp, c.origin::timestamp, interval '7 days'
            ) as w (week)
        ),
        week as (
            select k.dealer_id, k.product_id, k.week,
                case when k.week + 6 <= r.until then coalesce(s.qty, 0) end as qty,
                null::numeric as p10_qty, null::numeric as p50_qty, null::numeric as p90_qty
            from known as k
            left join sold as s
                on s.dealer_id = k.dealer_id and s.product_id = k.product_id and s.week = k.week
            left join reported as r on r.dealer_id = k.dealer_id
            union all
            select f.dealer_id, f.product_id, f.week, null, f.p10_qty, f.p50_qty, f.p90_qty
            from publish.mart_forecast as f inner join chosen as c
                on c.dealer_id = f.dealer_id and c.product_id = f.product_id
        )
        select dealer_id || ' · ' || split_part(product_id, '|', 2) as series,
            to_char(week, 'YYYY-MM-DD') as week, qty, p10_qty, p50_qty, p90_qty
        from week order by series, week
        """,
        (limit, list(until), list(until.values())),
    ).fetchall()


def accuracy(db: Reader) -> list[Row]:
    """Per demand class: how the same method did on an earlier origin."""
    return db.published.execute(
        "select * from publish.mart_forecast_accuracy order by series desc, demand_class"
    ).fetchall()


def policies(db: Reader) -> list[Row]:
    """Per demand class: the stock policy that a replay chose, and what it saves."""
    return db.published.execute(
        "select demand_class, method, outlook, knob, gain, series, chosen_at "
        "from publish.mart_stock_policy where chosen order by series desc, demand_class"
    ).fetchall()


def backtest(db: Reader) -> list[Row]:
    """What stock policies gave at equal fill: all series first, the bound last in each class."""
    return db.published.execute(
        "select * from publish.mart_stock_backtest order by demand_class <> 'all', demand_class, "
        "policy = 'foresight', turnover desc nulls last, policy"
    ).fetchall()


def transfers(db: Reader, limit: int = 10) -> list[Row]:
    """The largest transfers between dealers that are proposed before new orders."""
    return db.published.execute(
        "select * from publish.mart_transfer order by qty desc, product_id, from_dealer_id, "
        "to_dealer_id limit %s",
        (limit,),
    ).fetchall()
