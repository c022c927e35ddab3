"""What a reader sees: transcripts, timelines, the Allure formatter."""
