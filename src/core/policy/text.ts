const ASCII = /^\p{ASCII}*$/u;
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}_]/u;

/** The form in which texts are compared without case: compatibility-normalised, lower case. */
export function fold(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : text.normalize('NFKC').toLowerCase();
}

/**
 * Whether folded `needle` stands in folded `haystack`, not as a part of a longer word. An edge of the needle that is no
 * word character needs no boundary.
 */
export function containsWord(haystack: string, needle: string): boolean {
  if (needle === '') return false;
  const boundAtStart = isWordCharacter(needle.charCodeAt(0));
  const boundAtEnd = isWordCharacter(needle.charCodeAt(needle.length - 1));
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + 1)) {
    const startsWord = !boundAtStart || at === 0 || !isWordCharacter(haystack.charCodeAt(at - 1));
    const after = at + needle.length;
    const endsWord =
      !boundAtEnd || after === haystack.length || !isWordCharacter(haystack.charCodeAt(after));
    if (startsWord && endsWord) return true;
  }
  return false;
}

function isWordCharacter(code: number): boolean {
  if (code < 128) {
    return (
      (code >= 97 && code <= 122) ||
      (code >= 48 && code <= 57) ||
      (code >= 65 && code <= 90) ||
      code === 95
    );
  }
  return WORD_CHARACTER.test(String.fromCharCode(code));
}
