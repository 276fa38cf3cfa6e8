"""What people look at: the report page, the quality page, the findings."""
