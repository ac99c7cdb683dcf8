"""Wrong labels: those that models disagree with which did not see the article."""
