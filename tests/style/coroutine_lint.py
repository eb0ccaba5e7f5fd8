"""Finds the coroutine statements that GCC 12 compiles wrongly without a word.

Inside a full expression that awaits, GCC 12 destroys some temporaries twice: objects made with
braces, lambdas that capture by value, and the branches of `?:`. The mend is always to give it
a name in a statement of its own, and to await in the next. This looks at text, not at types, so it
refuses a little more than the compiler gets wrong; the mend never hurts.
"""

import re

_COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
    re.S,
)

# What a '{' follows when it opens a block and not an initializer.
_BLOCK_HEAD = re.compile(
    r'(?:\)|\b(?:else|do|try|const|noexcept|mutable|override|final)|->\s*[\w:<>,\s&*]+'
    r'|\b(?:namespace|class|struct|enum|union)\b[^;(){}]*)\s*$'
)

_SHAPES = (
    (re.compile(r'(?<![=!<>])(?:\w|>)\s*\{'), 'a braced temporary'),
    (re.compile(r'[(,]\s*\{'), 'a braced temporary'),
    (re.compile(r'\[\s*=|\[[^\]&(]*\w\s*=[^=]|\[\s*(?!this\b)\w+\s*[,\]]\s*[({]'),
     'a lambda that captures by value'),
    (re.compile(r'\[[^\]]*,\s*(?!this\b)\w+\s*(?:=[^\]]*)?[,\]][^;]*\{'),
     'a lambda that captures by value'),
    (re.compile(r'\?(?!\?)[^:]*:(?!:)'), 'a ?: in an awaiting statement'),
)


def blank_out(source):
    """The source with comments and literals emptied; line numbers stay."""
    def replace(match):
        text = match.group(0)
        lines = '\n' * text.count('\n')
        if text.startswith('/'):
            return lines or ' '
        return '""' + lines if not text.startswith("'") else "'0'"
    return _COMMENT_OR_STRING.sub(replace, source)


def statements(source):
    """(line, text) of each statement: split at ';' and at the braces of blocks."""
    text, line, start, initializers = '', 1, 1, 0
    for char in source:
        if char == '\n':
            line += 1
        ends_block = char == '}' and initializers == 0
        opens_block = char == '{' and _BLOCK_HEAD.search(text) and _depth(text) == 0
        if (char == ';' and _depth(text) <= 0) or ends_block or opens_block:
            yield start, text
            text, start, initializers = '', line, 0
            continue
        if char == '{':
            initializers += 1
        elif char == '}':
            initializers -= 1
        if not text.strip() and not char.isspace():
            start = line
        text += char
    yield start, text


def _depth(text):
    return text.count('(') - text.count(')')


def _is_for_or_if_head(text):
    return re.match(r'\s*(?:else\s+)?(?:for|while|if|switch)\b', text)


def lint(source):
    """Yields (line, message) for each statement that awaits beside what must have a name."""
    for line, text in statements(blank_out(source)):
        at = text.find('co_await')
        if at < 0:
            continue
        body = re.sub(r'\[\[[\w:, ]+\]\]', '', text)
        if _is_for_or_if_head(body):
            body = body.strip()
        for shape, name in _SHAPES:
            if shape.search(body):
                yield line, f'{name}: name it in a statement of its own, then await'
                break
