-- From whom a dealer ever bought: itself, its parent, and so on, at most three up.
with parent as (
    select distinct
        dealer_id,
        parent
    from {{ candidate('dim_dealer') }} as d
    where parent is not null
),

dealer as (
    select * from {{ known_dealers() }} as k
)

select
    dealer_id,
    dealer_id as ancestor_id
from dealer
union distinct
select
    dealer_id,
    parent as ancestor_id
from parent
union distinct
select
    child.dealer_id,
    up.parent as ancestor_id
from parent as child
inner join parent as up on child.parent = up.dealer_id
union distinct
select
    child.dealer_id,
    top.parent as ancestor_id
from parent as child
inner join parent as up on child.parent = up.dealer_id
inner join parent as top on up.parent = top.dealer_id
