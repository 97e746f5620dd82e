/** One way in which a server could be wrong; the story must notice each. */
export type Defect =
  | 'allows_delete'
  | 'allows_large_refund'
  | 'approves_nothing'
  | 'releases_twice'
  | 'ignores_kill'
  | 'stays_killed'
  | 'chain_broken'
  | 'spares_what_waits'
  | 'forges_receipts'
  | 'other_arguments'
  | 'no_reminder'
  | 'stays_at_l1'
  | 'calls_nobody'
  | 'serves_strangers'
  | 'takes_short_reasons'
  | 'copy_keeps_buttons'
  | 'card_stays_open';
