"""What a run consists of: plain, frozen data, one small file a kind.

A generation is an edge: one or more parents, one self-edit, at most one child. A ruling says what is
thought of a child. Evaluations hang on programs. Events are the links of the run's hash chain.
"""
