/** What the children may see of our environment: no token, no key, no TEMPORAL_* that changes a flag. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH'] as const;

/** The environment of an embedded child: an allow-list, so that no secret of ours leaks into it. */
export function childEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
