/** The least a workflow can do: the baseline of what one start and one result cost on this server. */
export async function noop(): Promise<string> {
  return 'done';
}
