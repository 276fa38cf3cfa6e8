-- The control tables: what came in, what was judged, what was built, what is published.
-- Applied by `chip-channel warehouse init`; every statement may run again.
create schema if not exists raw;
create schema if not exists quarantine;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists marts;
create schema if not exists publish;
create schema if not exists ctl;
create schema if not exists planning;
create schema if not exists api;

create table if not exists ctl.submission (
    submission_id bigint generated always as identity primary key,
    dealer_id text not null,
    report text not null,
    feed_version text,
    attempt integer not null default 1,
    file_name text not null,
    source text not null,
    sha256 text not null,
    byte_size bigint not null,
    status text not null check (status in ('accepted', 'rejected')),
    fatal_code text,
    fatal_detail text,
    duplicate_of bigint references ctl.submission,
    replaces bigint references ctl.submission,
    mode text check (mode in ('full', 'delta')),
    period_start date,
    period_end date,
    as_of date,
    time_zone text,
    currency text,
    tax_basis text check (tax_basis in ('incl', 'excl')),
    tax_rate numeric(6, 4),
    uom text check (uom in ('pcs', 'reel', 'kpcs')),
    contract_version text,
    reported_at timestamptz not null,
    received_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    lines_read bigint not null default 0,
    lines_accepted bigint not null default 0,
    lines_quarantined bigint not null default 0,
    lines_skipped bigint not null default 0,
    lines_warned bigint not null default 0,
    skipped jsonb not null default '{}',
    archived_at timestamptz,
    check (period_end >= period_start),
    check ((status = 'rejected') = (fatal_code is not null)),
    check (status = 'rejected' or lines_read = lines_accepted + lines_quarantined + lines_skipped)
);
comment on table ctl.submission is 'The ledger: one row per reading of one file; never changed but for archived_at';
comment on column ctl.submission.reported_at is 'When the dealer''s file arrived: timeliness, and which of two files is newer';
comment on column ctl.submission.received_at is 'When this reading of it was made: what known_at filters; later than reported_at for a replay';
comment on column ctl.submission.replaces is 'The earlier reading of the same bytes that this one replaces (replay)';
-- the same bytes for another period are another report: two months without a sale
create unique index if not exists submission_once
on ctl.submission (dealer_id, report, sha256, attempt, coalesce(as_of, date '1900-01-01')) where duplicate_of is null;
create index if not exists submission_by_period on ctl.submission (report, dealer_id, period_start);
-- from when to when there is data: every model of a batch asks
create index if not exists submission_first on ctl.submission (period_start) include (received_at)
    where status = 'accepted' and report in ('pos', 'stock', 'sell_in');
create index if not exists submission_last on ctl.submission (period_end) include (received_at)
    where status = 'accepted' and report in ('pos', 'stock', 'sell_in');

create table if not exists quarantine.issue (
    submission_id bigint not null,
    row_no bigint not null,
    severity text not null check (severity in ('error', 'warn', 'skip')),
    code text not null,
    field text,
    value text,
    expected text,
    line_as_sent text
);
comment on table quarantine.issue is 'Every line that was not loaded, or was loaded with a warning, with its reason and the line as sent';
create index if not exists issue_by_submission on quarantine.issue using brin (submission_id) with (autosummarize = on);

create table if not exists ctl.gate_run (
    gate_run_id bigint generated always as identity primary key,
    gate text not null,
    dataset text not null,
    batch_id bigint,
    outcome text not null check (outcome in ('passed', 'warned', 'blocked')),
    rows_checked bigint,
    run_at timestamptz not null default now()
);
alter table ctl.gate_run drop constraint if exists gate_run_gate_check;
alter table ctl.gate_run add constraint gate_run_gate_check check (gate in ('raw', 'marts', 'publish', 'settle'));
create table if not exists ctl.gate_check (
    gate_run_id bigint not null references ctl.gate_run,
    check_name text not null,
    severity text not null check (severity in ('block', 'warn')),
    passed boolean not null,
    failing_rows bigint not null default 0,
    protects text not null,
    detail text,
    primary key (gate_run_id, check_name)
);
create table if not exists ctl.gate_failure (
    gate_run_id bigint not null references ctl.gate_run,
    check_name text not null,
    failing_key jsonb not null
);

create table if not exists ctl.batch (
    batch_id bigint generated always as identity primary key,
    known_at timestamptz not null,
    kind text not null,
    status text not null default 'open' check (status in ('open', 'built', 'blocked', 'published', 'abandoned')),
    reason text,
    opened_at timestamptz not null default now(),
    finished_at timestamptz
);
alter table ctl.batch drop constraint if exists batch_kind_check;
alter table ctl.batch add constraint batch_kind_check check (kind in ('publication', 'planning', 'as_known', 'what_if'));
comment on column ctl.batch.kind is 'publication: facts from new reports; planning: forecasts, proposals and alerts on what is published; as_known: a past state recomputed for reading, never published; what_if: changed rebate rules on what is published, never published';

create table if not exists ctl.verdict (
    verdict_id bigint generated always as identity primary key,
    submission_id bigint not null references ctl.submission,
    verdict text not null check (verdict in ('passed', 'warned', 'blocked')),
    gate_run_id bigint references ctl.gate_run,
    decided_by text not null,
    decided_at timestamptz not null default now(),
    batch_id bigint references ctl.batch
);
comment on table ctl.verdict is 'Gate 1 on a submission; the newest row holds. batch_id: the batch that first took it up';
create index if not exists verdict_by_submission on ctl.verdict (submission_id, verdict_id desc);
create index if not exists verdict_waiting on ctl.verdict (batch_id) where batch_id is null;

create table if not exists ctl.batch_slice (
    batch_id bigint not null references ctl.batch,
    slice date not null,
    report text not null default '*',
    primary key (batch_id, slice, report)
);
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'ctl.batch_slice'::regclass and attname = 'report'
    ) then
        alter table ctl.batch_slice add column report text not null default '*';
        alter table ctl.batch_slice drop constraint batch_slice_pkey;
        alter table ctl.batch_slice add primary key (batch_id, slice, report);
    end if;
end
$$;
comment on table ctl.batch_slice is 'Months that the new submissions of the batch touch, by report; *: of every mart';

create table if not exists ctl.slice_version (
    mart text not null,
    slice date not null,
    batch_id bigint not null references ctl.batch,
    row_count bigint not null,
    built_at timestamptz not null default now(),
    primary key (mart, slice, batch_id)
);
comment on table ctl.slice_version is 'Every version of every slice that stands in a mart table';

create table if not exists ctl.published_slice (
    mart text not null,
    slice date not null,
    batch_id bigint not null references ctl.batch,
    published_at timestamptz not null default now(),
    primary key (mart, slice)
);
comment on table ctl.published_slice is 'The pointer: which version of a slice readers see';
-- only an owner may analyse a table before PostgreSQL 17; without it a plan takes it for a few rows
create or replace function ctl.analyze_published_slice() returns void
language plpgsql security definer set search_path = '' as $$
begin
    analyze ctl.published_slice;
end
$$;
revoke all on function ctl.analyze_published_slice() from public;

create table if not exists ctl.publication (
    publication_id bigint generated always as identity primary key,
    batch_id bigint not null unique references ctl.batch,
    published_at timestamptz not null default now(),
    published_by text not null default current_user,
    slices jsonb not null
);
create table if not exists ctl.outbox (
    outbox_id bigint generated always as identity primary key,
    dedup_key text not null unique,
    kind text not null,
    severity text not null check (severity in ('info', 'warn', 'critical')),
    subject text not null,
    body jsonb not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz
);
create table if not exists ctl.api_token (
    token_hash text primary key,
    dealer_id text not null,
    issued_by text not null,
    issued_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_by text,
    revoked_at timestamptz
);
comment on table ctl.api_token is 'Who may ask as which dealer: SHA-256 of each token, never the token itself';
comment on table ctl.outbox is 'Alerts, written in the transaction that causes them and sent from here, once each by dedup_key';

-- What planning writes, a batch at a time; its marts read it from here.
create table if not exists planning.recipe (
    batch_id bigint not null references ctl.batch,
    demand_class text not null,
    recipe text not null,
    incumbent boolean not null,
    chosen boolean not null,
    loss double precision,
    gain double precision,
    gain_error double precision,
    wql double precision,
    coverage_95 double precision,
    bias double precision,
    series bigint not null,
    origins bigint not null,
    chosen_at date,
    primary key (batch_id, demand_class, recipe)
);
comment on table planning.recipe is 'Recipes tried per demand class and the one chosen; chosen anew on a schedule, not at each run';
create table if not exists planning.policy (
    batch_id bigint not null references ctl.batch,
    demand_class text not null,
    method text not null,
    outlook text not null,
    chosen boolean not null,
    knob double precision,
    gain double precision,
    fill double precision,
    series bigint not null,
    chosen_at date,
    primary key (batch_id, demand_class, method, outlook)
);
comment on table planning.policy is 'Stock policies replayed per demand class and the one chosen; chosen anew with the recipes';
create table if not exists planning.backtest (
    batch_id bigint not null references ctl.batch,
    policy text not null,
    demand_class text not null,
    series bigint not null,
    reached boolean not null,
    knob double precision,
    target double precision,
    turnover double precision,
    fill double precision,
    dead_share double precision,
    excess_share double precision,
    orders bigint,
    stock double precision,
    tested_at date,
    primary key (batch_id, policy, demand_class)
);
comment on table planning.backtest is 'The stock policy beside what others do, at equal fill, on demand that was held back';
create table if not exists planning.forecast (
    batch_id bigint not null references ctl.batch,
    dealer_id text not null,
    product_id text not null,
    week date not null,
    mean_qty numeric(18, 3) not null,
    p10_qty numeric(18, 3) not null,
    p50_qty numeric(18, 3) not null,
    p90_qty numeric(18, 3) not null,
    primary key (batch_id, dealer_id, product_id, week)
);
comment on table planning.forecast is 'Demand per week ahead; kept over batches, so that forecasts can be held against what came';
create table if not exists planning.item (
    batch_id bigint not null references ctl.batch,
    dealer_id text not null,
    product_id text not null,
    origin date not null,
    demand_class text not null,
    recipe text not null,
    policy text not null,
    fallback text not null,
    lead_time_weeks integer not null,
    review_weeks integer not null,
    window_mean_qty numeric(18, 3) not null,
    window_p10_qty numeric(18, 3) not null,
    window_p50_qty numeric(18, 3) not null,
    window_p90_qty numeric(18, 3) not null,
    window_p95_qty numeric(18, 3) not null,
    stock_as_of date,
    on_hand_qty numeric(18, 3) not null,
    on_order_qty numeric(18, 3) not null,
    stock_out_probability numeric(6, 5) not null,
    safety_stock_qty numeric(18, 3) not null,
    order_up_to_qty numeric(18, 3) not null,
    cap_qty numeric(18, 3),
    proposed_qty numeric(18, 3) not null,
    by_history_qty numeric(18, 3) not null,
    by_market_index_qty numeric(18, 3) not null,
    by_lifecycle_qty numeric(18, 3) not null,
    by_safety_stock_qty numeric(18, 3) not null,
    by_cap_qty numeric(18, 3) not null,
    by_position_qty numeric(18, 3) not null,
    by_covered_qty numeric(18, 3) not null,
    by_transfer_qty numeric(18, 3) not null,
    by_rounding_qty numeric(18, 3) not null,
    by_allocation_qty numeric(18, 3) not null,
    reason_en text not null,
    reason_zh text not null,
    primary key (batch_id, dealer_id, product_id)
);
comment on table planning.item is 'One dealer''s stock of one part: expected demand, policy, proposal and what each factor adds to it';
create table if not exists planning.transfer (
    batch_id bigint not null references ctl.batch,
    product_id text not null,
    from_dealer_id text not null,
    to_dealer_id text not null,
    qty numeric(18, 3) not null,
    primary key (batch_id, product_id, from_dealer_id, to_dealer_id)
);
comment on table planning.transfer is 'What lies too much at one dealer and is missing at another';
create table if not exists planning.accuracy (
    batch_id bigint not null references ctl.batch,
    demand_class text not null,
    origin date not null,
    series bigint not null,
    weeks integer not null,
    coverage_80 double precision,
    coverage_95 double precision,
    bias double precision,
    wql double precision,
    wql_naive double precision,
    primary key (batch_id, demand_class)
);
alter table planning.accuracy add column if not exists bias_history double precision;
alter table planning.accuracy add column if not exists wql_history double precision;
alter table planning.accuracy add column if not exists bias_lifecycle double precision;
alter table planning.accuracy add column if not exists wql_lifecycle double precision;
comment on table planning.accuracy is 'The same method on an earlier origin, held against what came since: what gate 3 judges';
create table if not exists planning.launch (
    batch_id bigint not null references ctl.batch,
    product_id text not null,
    dealer_id text not null,
    placed_qty numeric(18, 3) not null,
    sold_13w_qty numeric(18, 3),
    weeks_known integer not null,
    expected_13w_qty numeric(18, 3) not null,
    proposed_qty numeric(18, 3) not null,
    analogs bigint not null,
    primary key (batch_id, product_id, dealer_id)
);
comment on table planning.launch is 'New products: what was placed, what sold, and what earlier launches say is needed';
create table if not exists planning.last_buy (
    batch_id bigint not null references ctl.batch,
    product_id text not null,
    last_buy date,
    last_ship date,
    remaining_weeks integer not null,
    remaining_mean_qty numeric(18, 3) not null,
    service_level numeric(6, 5) not null,
    position_qty numeric(18, 3) not null,
    last_buy_qty numeric(18, 3) not null,
    expected_left_over_qty numeric(18, 3) not null,
    primary key (batch_id, product_id)
);
comment on table planning.last_buy is 'Parts that end: the quantity of the last order for the rest of their life';
create table if not exists planning.factor (
    batch_id bigint not null references ctl.batch,
    segment text not null,
    factor text not null,
    used boolean not null,
    gain double precision,
    gain_error double precision,
    placebo_gain double precision,
    reason text not null,
    series text,
    origins bigint,
    primary key (batch_id, segment, factor)
);
comment on table planning.factor is 'Market index and lifecycle by segment: used only where earlier origins prove that they help';
