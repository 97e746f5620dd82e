import type { MessagePurpose } from './channel-ports';

/** With execution and channel the identity of a message: asking twice for the same purpose makes one. */
export function purposeKey(purpose: MessagePurpose): string {
  switch (purpose.kind) {
    case 'card':
    case 'ended':
      return purpose.kind;
    case 'copy':
      return `copy ${purpose.person}`;
    case 'opened':
      return `opened ${String(purpose.opening)}`;
    case 'reminder':
      return `reminder ${String(purpose.opening)} ${String(purpose.mark)}`;
    case 'notice':
      return `notice ${JSON.stringify(purpose.target)} ${purpose.person ?? ''}`;
  }
}

/** Re-rendered at every version; everything else is written once. */
export const isCardPurpose = ({ kind }: MessagePurpose): boolean =>
  kind === 'card' || kind === 'copy';

/** Stands in the thread of the root card and waits until that is posted. */
export const isThreadPurpose = ({ kind }: MessagePurpose): boolean =>
  kind === 'opened' || kind === 'reminder' || kind === 'ended';
