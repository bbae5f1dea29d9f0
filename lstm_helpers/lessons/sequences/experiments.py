"""What lesson 1 measures on the novel: which characters are spoken."""


def in_speech(novel):
    """For each character of a text, whether it stands between an opening and a closing quotation mark: a list."""
    told, speaking = [], False
    for k, ch in enumerate(novel):
        if ch == '"':
            speaking = not speaking
        if novel[k - 1 : k + 1] == "\n\n":  # a new paragraph ends all speech
            speaking = False
        told.append(speaking)
    return told
