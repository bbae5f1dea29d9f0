"""The student's own reader of dates, on its way from the training script to the grader."""

from lstm_helpers.projects.own_weights import Training

STORED = "world_dates"  # the name of the stored files
TRAINING = Training("translation", STORED, "{value:.1%} of the dates of the validation part are read wrong")
bring_in = TRAINING.bring_in
