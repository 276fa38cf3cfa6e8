-- Policies as they were released: weights, thresholds, levels. A released version never changes.
create schema if not exists policy;

create table if not exists policy.version (
    policy text not null,
    version integer not null,
    name_en text not null,
    name_zh text not null,
    valid_from date not null,
    approved_by text not null,
    approved_on date not null,
    sha256 text not null,
    released_at timestamptz not null default clock_timestamp(),
    batch_id bigint,
    primary key (policy, version)
);
comment on table policy.version is 'Released versions of policies, and the batch that first built with them';
create table if not exists policy.weight (
    policy text not null,
    version integer not null,
    part text not null,
    weight numeric(8, 6) not null,
    primary key (policy, version, part),
    foreign key (policy, version) references policy.version
);
comment on table policy.weight is 'How much each part of a score counts';
create table if not exists policy.parameter (
    policy text not null,
    version integer not null,
    parameter text not null,
    value numeric(18, 6) not null,
    primary key (policy, version, parameter),
    foreign key (policy, version) references policy.version
);
comment on table policy.parameter is 'Limits and durations of a policy';
create table if not exists policy.level (
    policy text not null,
    version integer not null,
    level text not null,
    rank integer not null,
    from_score numeric(18, 6) not null,
    benefits_en text not null,
    benefits_zh text not null,
    primary key (policy, version, level),
    foreign key (policy, version) references policy.version
);
comment on table policy.level is 'From which score on which level holds; rank 1 is the highest';

do $$
declare
    t text;
begin
    foreach t in array array['weight', 'parameter', 'level'] loop
        execute format('drop trigger if exists only_added on policy.%I', t);
        execute format(
            'create trigger only_added before update or delete on policy.%I '
            'for each row execute function rebate.refuse_change()', t
        );
    end loop;
end
$$;
