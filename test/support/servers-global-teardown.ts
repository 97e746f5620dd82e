/** Stops what servers-global-setup.ts started; the same process runs both. */
export default async function stopTestServers(): Promise<void> {
  await globalThis.countersignStopTestServers?.();
}
