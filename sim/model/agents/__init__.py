"""Who acts: countries with their adopters, labs, malicious actors, governments and auditors."""
