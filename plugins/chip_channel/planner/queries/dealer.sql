-- Where dealers are, for transfers: the first of their regions; and their role, for sharing out.
select dealer_id, regions, role from publish.dim_dealer where is_current
