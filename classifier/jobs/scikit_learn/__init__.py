"""An estimator of scikit-learn that is trained as `classifier.jobs.train` trains a run."""
