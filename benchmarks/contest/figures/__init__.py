"""The figures of the contest: each module measures one thing and says what is asked of it."""
