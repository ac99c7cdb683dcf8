"""Wrong labels: which labels models that did not see the article speak against."""
