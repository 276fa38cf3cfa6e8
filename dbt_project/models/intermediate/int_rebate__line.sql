{{ rebate_lines(candidate, rebate_months()) }}
