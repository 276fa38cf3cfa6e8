-- Who may do what; no reader and no worker owns a control or raw table.
grant usage on schema raw, quarantine, ctl to ingest, transform, publisher;
grant select on all tables in schema raw, quarantine, ctl to ingest, transform, publisher;
alter default privileges in schema raw, quarantine, ctl grant select on tables to ingest, transform, publisher;

grant insert on all tables in schema raw, quarantine to ingest;
grant insert, update on ctl.submission to ingest;
grant insert on ctl.gate_run, ctl.gate_check, ctl.gate_failure, ctl.verdict, ctl.outbox to ingest, transform, publisher;
grant usage on all sequences in schema ctl to ingest, transform, publisher;

grant usage, create on schema staging, intermediate, marts, publish to transform;
grant insert, update on ctl.batch, ctl.batch_slice to transform, publisher;
grant update on ctl.verdict to transform;
grant insert, update, delete on ctl.slice_version to transform;
grant delete on ctl.slice_version to publisher;
grant usage on schema staging, intermediate, marts, publish to publisher;
alter default privileges for role transform in schema staging, intermediate, marts, publish grant select on tables to publisher;
alter default privileges for role transform in schema marts grant delete on tables to publisher;
grant insert, update on ctl.published_slice, ctl.publication, ctl.outbox to publisher;
grant execute on function ctl.analyze_published_slice() to publisher;

grant usage on schema planning to transform, publisher;
grant select, insert on all tables in schema planning to transform;
grant select, delete on all tables in schema planning to publisher;

grant usage on schema rebate to transform, publisher, poster;
grant select on all tables in schema rebate to transform, publisher, poster;
grant insert on rebate.programme, rebate.band, rebate.scope, rebate.target, rebate.taken_up to transform;
grant delete on rebate.programme, rebate.band, rebate.scope, rebate.target to publisher;
grant update on rebate.taken_up to transform;
grant usage on schema policy to transform, publisher;
grant select on all tables in schema policy to transform, publisher;
grant insert on all tables in schema policy to transform;
grant update (batch_id) on policy.version to transform;
grant usage on schema publish, ctl, marts, intermediate, quarantine, raw to poster;
grant select on all tables in schema raw, quarantine to poster;
grant insert on ctl.gate_run, ctl.gate_check, ctl.gate_failure to poster;
grant select on all tables in schema ctl to poster;
alter default privileges for role transform in schema publish, marts, intermediate grant select on tables to poster;
grant insert on rebate.proposal, rebate.proposal_line, rebate.decision, rebate.settlement, rebate.posting to poster;
grant insert on ctl.outbox to poster;
grant usage on all sequences in schema rebate, ctl to poster;

grant usage on schema publish to bi_reader, finance_reader;
alter default privileges for role transform in schema publish grant select on tables to bi_reader, finance_reader;
-- a dealer's token is looked up by its hash; rows come through the views of schema api alone
grant usage on schema api, ctl to api;
grant select on ctl.api_token to api;
grant usage, create on schema api to transform;
alter default privileges for role transform in schema api grant select on tables to api;
grant insert on ctl.outbox to ingest, transform;
