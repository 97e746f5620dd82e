import { optionalText, type JsonRecord, recordOf, recordsOf, textOf } from './json-shape';
import { blocksText, entitiesOf } from './rendered-text';
import { showBlocks } from './shown-blocks';
import type { FakeView } from './surface';
import type { StoredView } from './view-store';
import type { Identity } from './stored';
import type { Workspace } from './workspace';

/** A view as the Web API and interaction payloads show it. */
export function viewPayload(
  view: StoredView,
  values: JsonRecord,
  { teamId, appId, botId }: Identity,
): JsonRecord {
  const { content } = view;
  return {
    id: view.id,
    team_id: teamId,
    type: content['type'],
    blocks: content['blocks'],
    private_metadata: textOf(content['private_metadata']),
    callback_id: textOf(content['callback_id']),
    external_id: textOf(content['external_id']),
    state: { values },
    hash: view.hash,
    title: content['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
    submit: content['submit'] ?? null,
    close: content['close'] ?? null,
    clear_on_close: content['clear_on_close'] === true,
    notify_on_close: content['notify_on_close'] === true,
    previous_view_id: view.previousId ?? null,
    root_view_id: view.rootId,
    app_id: appId,
    app_installed_team_id: teamId,
    bot_id: botId,
  };
}

/** A view as a person sees it. */
export function toFakeView(view: StoredView, workspace: Workspace): FakeView {
  const { content } = view;
  const label = (key: string): string | undefined => optionalText(recordOf(content[key])['text']);
  const externalId = optionalText(content['external_id']);
  const submit = label('submit');
  const blocks = recordsOf(content['blocks']);
  const shown = showBlocks(blocks, workspace.names);
  const reading = { nowMs: workspace.clock.nowMs(), timeZone: 'UTC' };
  return {
    id: view.id,
    type: content['type'] === 'home' ? 'home' : 'modal',
    hash: view.hash,
    callbackId: textOf(content['callback_id']),
    privateMetadata: textOf(content['private_metadata']),
    ...(externalId === undefined ? {} : { externalId }),
    title: label('title') ?? '',
    ...(submit === undefined ? {} : { submit }),
    close: label('close') ?? 'Cancel',
    blocks,
    renderedText: blocksText(shown, workspace.labels, reading),
    entities: entitiesOf(shown, []),
    errors: view.errors,
  };
}
