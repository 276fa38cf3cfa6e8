-- Where dealers are, for transfers: the first of their regions.
select dealer_id, regions from publish.dim_dealer where is_current
