/** A set of domain names: exact names, and `*.example.org` for every name below. */
export interface DomainSet {
  readonly has: (domain: string) => boolean;
}

/** Domains compare without case. */
export function createDomainSet(entries: Iterable<string>): DomainSet {
  const exact = new Set<string>();
  const suffixes: string[] = [];
  for (const entry of entries) {
    const name = normalise(entry);
    if (name.startsWith('*.')) suffixes.push(name.slice(1));
    else exact.add(name);
  }
  return {
    has: (domain) => exact.has(domain) || suffixes.some((suffix) => domain.endsWith(suffix)),
  };
}

/** Whether a policy's operand is a domain name or `*.` pattern; anything else is the name of a list. */
export const looksLikeDomain = (text: string): boolean =>
  /^(\*\.)?[^\s*@/]+\.[^\s*@/]+$/.test(text);

/**
 * Every domain named in a text: of each address in it, of a URL, or the text itself. `undefined` when there is none, so
 * that the caller fails toward the rule.
 */
export function domainsIn(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(trimmed);
  if (scheme !== null) return single(hostOf(trimmed.slice(scheme[0].length)));
  if (!trimmed.includes('@')) return single(trimmed);
  const found: string[] = [];
  for (const part of trimmed.split('@').slice(1)) {
    const end = part.search(/[\s,;:<>()"']/);
    const domain = normalise(end === -1 ? part : part.slice(0, end));
    if (!isDomain(domain)) return undefined;
    found.push(domain);
  }
  return found;
}

/** The authority ends where browsers end it: a backslash counts as a slash, and user information is no host. */
function hostOf(afterScheme: string): string {
  const end = afterScheme.search(/[/\\?#]/);
  const authority = end === -1 ? afterScheme : afterScheme.slice(0, end);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return host.replace(/:\d{1,5}$/, '');
}

function single(text: string): readonly string[] | undefined {
  const domain = normalise(text);
  return isDomain(domain) ? [domain] : undefined;
}

const normalise = (text: string): string => text.trim().toLowerCase().replace(/\.$/, '');
/** In ASCII only: which domain a name in other letters means is for the name's owner to write as `xn--`. */
const isDomain = (text: string): boolean =>
  text.length > 0 && text.length <= 253 && /^[a-z0-9_.\-[\]:]+$/.test(text);
