import type { MessagePurpose } from './channel-ports';

/** Stands in the thread of the root card and waits until that is posted. */
export const isThreadPurpose = ({ kind }: MessagePurpose): boolean =>
  kind === 'opened' || kind === 'reminder' || kind === 'ended';
