-- Rebates: the rules as they were released, and what was proposed, decided, settled and posted.
-- Everything here is only ever added to; a trigger refuses the rest.
create schema if not exists rebate;

create or replace function rebate.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is only added to: a correction is a new row', tg_table_schema, tg_table_name;
end
$$;

-- The rules. simulation 0 is what counts; others belong to a what-if and are never paid.
create table if not exists rebate.programme (
    simulation bigint not null default 0,
    programme text not null,
    version integer not null,
    component text not null,
    name_en text not null,
    name_zh text not null,
    valid_from date not null,
    valid_to date,
    period_months integer not null,
    source text not null,
    measure text not null,
    tax_factor numeric(8, 6) not null,
    vat_rate numeric(6, 4) not null,
    deduct_debit boolean not null,
    fx text not null,
    returns text not null,
    dealer_sales boolean not null,
    design_registered_only boolean not null,
    mode text not null,
    basis text not null,
    includes_boundary boolean not null,
    baseline text not null,
    cap numeric(18, 2),
    floor numeric(18, 2),
    rounding_mode text not null,
    rounding_level text not null,
    stacking_level integer not null,
    net_of_lower boolean not null,
    min_report_quality numeric(6, 4),
    blocked_by_diversion boolean not null,
    approved_by text not null,
    approved_on date not null,
    sha256 text not null,
    document jsonb not null,
    registered_at timestamptz not null default clock_timestamp(),
    primary key (simulation, programme, version)
);
comment on table rebate.programme is 'Released versions of rebate programmes, as their YAML said; a version never changes';
create table if not exists rebate.band (
    simulation bigint not null default 0,
    programme text not null,
    version integer not null,
    band_no integer not null,
    from_value numeric(24, 6),
    upto_value numeric(24, 6),
    rate numeric(18, 8) not null,
    primary key (simulation, programme, version, band_no),
    foreign key (simulation, programme, version) references rebate.programme
);
comment on table rebate.band is 'From which total on which rate, amount per unit or lump sum holds; growth: shares of the baseline; from null: also below 0';
create table if not exists rebate.scope (
    simulation bigint not null default 0,
    programme text not null,
    version integer not null,
    kind text not null check (kind in ('dealer', 'role', 'region', 'tier', 'family', 'part', 'except_part')),
    value text not null,
    primary key (simulation, programme, version, kind, value),
    foreign key (simulation, programme, version) references rebate.programme
);
comment on table rebate.scope is 'Dealers and parts that a version covers; a kind that is not named covers all';
create table if not exists rebate.target (
    simulation bigint not null default 0,
    programme text not null,
    version integer not null,
    dealer_id text not null,
    baseline numeric(24, 6) not null check (baseline > 0),
    primary key (simulation, programme, version, dealer_id),
    foreign key (simulation, programme, version) references rebate.programme
);
comment on table rebate.target is 'Agreed baseline of a period by dealer, for growth programmes that do not measure the year before';

-- Which batch took a version up: its months are built again.
create table if not exists rebate.taken_up (
    programme text not null,
    version integer not null,
    batch_id bigint not null references ctl.batch,
    primary key (programme, version)
);

create table if not exists rebate.proposal (
    proposal_id bigint generated always as identity primary key,
    batch_id bigint not null references ctl.batch,
    known_at timestamptz not null,
    numbers_hash text not null,
    statements integer not null,
    total numeric(18, 2) not null,
    proposed_by text not null,
    proposed_at timestamptz not null default clock_timestamp(),
    unique (proposal_id, proposed_by, numbers_hash)
);
comment on table rebate.proposal is 'Statements put before finance, with a hash of their numbers';
create table if not exists rebate.proposal_line (
    proposal_id bigint not null references rebate.proposal,
    statement_id text not null,
    version integer not null,
    dealer_id text not null,
    programme text not null,
    component text not null,
    rule_version integer not null,
    period_start date not null,
    period_end date not null,
    amount numeric(18, 2) not null,
    settled_before numeric(18, 2) not null,
    delta numeric(18, 2) not null,
    vat_rate numeric(6, 4) not null,
    vat numeric(18, 2) not null,
    primary key (proposal_id, statement_id),
    check (delta = amount - settled_before)
);
create table if not exists rebate.decision (
    proposal_id bigint primary key,
    proposed_by text not null,
    numbers_hash text not null,
    decision text not null check (decision in ('approved', 'rejected')),
    decided_by text not null,
    decided_at timestamptz not null default clock_timestamp(),
    note text,
    unique (proposal_id, decision),
    constraint decided_on_these_numbers foreign key (proposal_id, proposed_by, numbers_hash)
    references rebate.proposal (proposal_id, proposed_by, numbers_hash),
    constraint not_by_the_proposer check (lower(decided_by) <> lower(proposed_by))
);
comment on table rebate.decision is 'Who approved or rejected a proposal, when, on which hash of numbers; never the proposer';
create table if not exists rebate.settlement (
    statement_id text not null,
    version integer not null,
    proposal_id bigint not null,
    decision text not null default 'approved' check (decision = 'approved'),
    batch_id bigint not null references ctl.batch,
    known_at timestamptz not null,
    dealer_id text not null,
    programme text not null,
    component text not null,
    rule_version integer not null,
    period_start date not null,
    period_end date not null,
    amount numeric(18, 2) not null,
    delta numeric(18, 2) not null,
    vat_rate numeric(6, 4) not null,
    vat numeric(18, 2) not null,
    credit_note_no text not null unique,
    posted_at timestamptz not null default clock_timestamp(),
    primary key (statement_id, version),
    constraint approved foreign key (proposal_id, decision) references rebate.decision (proposal_id, decision)
);
comment on table rebate.settlement is 'Settled versions of statements: amount owed in all, delta paid or taken back by this version';
create table if not exists rebate.posting (
    posting_id text primary key,
    journal text not null check (journal in ('accrual', 'settlement')),
    statement_id text not null,
    version integer not null,
    line_no integer not null,
    accounting_month date not null,
    account text not null,
    debit numeric(18, 2) not null check (debit >= 0),
    credit numeric(18, 2) not null check (credit >= 0),
    dealer_id text not null,
    programme text not null,
    credit_note_no text,
    posted_at timestamptz not null default clock_timestamp(),
    check ((debit = 0) <> (credit = 0))
);
comment on table rebate.posting is 'The journal. posting_id is a hash of journal, statement, version and line: posted twice is posted once';
create index if not exists posting_by_statement on rebate.posting (statement_id, journal, version);

create or replace function rebate.must_balance() returns trigger language plpgsql as $$
begin
    if exists (
        select 1 from rebate.posting
        where (journal, statement_id, version) = (new.journal, new.statement_id, new.version)
        having sum(debit) <> sum(credit)
    ) then
        raise exception 'debit and credit of % %, version % differ', new.journal, new.statement_id, new.version;
    end if;
    return null;
end
$$;
create or replace function rebate.must_be_new() returns trigger language plpgsql as $$
begin
    if new.version <> 1 + (select coalesce(max(s.version), 0) from rebate.settlement as s where s.statement_id = new.statement_id)
        or new.amount - new.delta
        <> (select coalesce(sum(s.delta), 0) from rebate.settlement as s where s.statement_id = new.statement_id)
    then
        raise exception 'statement % was settled since it was proposed', new.statement_id;
    end if;
    return new;
end
$$;

do $$
declare name text;
begin
    foreach name in array array['programme', 'band', 'scope', 'target'] loop
        execute format(
            'create or replace trigger no_change before update on rebate.%I '
            'for each row execute function rebate.refuse_change()', name
        );
        execute format(
            'create or replace trigger no_loss before delete on rebate.%I '
            'for each row when (old.simulation = 0) execute function rebate.refuse_change()', name
        );
    end loop;
    foreach name in array array['proposal', 'proposal_line', 'decision', 'settlement', 'posting'] loop
        execute format(
            'create or replace trigger no_change before update or delete on rebate.%I '
            'for each row execute function rebate.refuse_change()', name
        );
    end loop;
    if not exists (select 1 from pg_trigger where tgname = 'balanced' and tgrelid = 'rebate.posting'::regclass) then
        create constraint trigger balanced after insert on rebate.posting
        deferrable initially deferred for each row execute function rebate.must_balance();
    end if;
    create or replace trigger is_new before insert on rebate.settlement
    for each row execute function rebate.must_be_new();
end
$$;
