-- The control tables: what came in, what was judged, what was built, what is published.
-- Applied by `chip-channel warehouse init`; every statement may run again.
create schema if not exists raw;
create schema if not exists quarantine;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists marts;
create schema if not exists publish;
create schema if not exists ctl;
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
    gate text not null check (gate in ('raw', 'marts', 'publish')),
    dataset text not null,
    batch_id bigint,
    outcome text not null check (outcome in ('passed', 'warned', 'blocked')),
    rows_checked bigint,
    run_at timestamptz not null default now()
);
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
    kind text not null check (kind in ('publication', 'as_known')),
    status text not null default 'open' check (status in ('open', 'built', 'blocked', 'published', 'abandoned')),
    reason text,
    opened_at timestamptz not null default now(),
    finished_at timestamptz
);
comment on column ctl.batch.kind is 'publication: may be published; as_known: a past state recomputed for reading, never published';

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
    primary key (batch_id, slice)
);
comment on table ctl.batch_slice is 'Months that the new submissions of the batch touch';

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
comment on table ctl.outbox is 'Alerts, written in the transaction that causes them and sent from here, once each by dedup_key';
