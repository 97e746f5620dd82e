import express, { type Request, type Response } from 'express';
import { JSON_LIMITS } from '../contract/json-guard';
import { DomainError } from '../core/errors';
import type { BodyContract, TextDocument } from './route';

const JSON_TYPES = ['application/json', 'application/*+json'];
const YAML_TYPES = [
  'application/yaml',
  'application/x-yaml',
  'application/*+yaml',
  'text/yaml',
  'text/x-yaml',
  'text/vnd.yaml',
];
const EMPTY: TextDocument = { text: '', format: 'json' };

/**
 * Raw bytes, so that decoding is strict: a decoder that repairs text would change arguments silently.
 * Compressed bodies are refused, since their size is not known before they are unpacked.
 */
const readRaw = express.raw({
  limit: JSON_LIMITS.maxBytes,
  inflate: false,
  type: () => true,
});

/**
 * Reads the body of a route as text. Without a body the text is empty.
 *
 * @throws DomainError `unsupported_media_type`, `payload_too_large` or `validation_failed`.
 */
export async function readTextBody(
  request: Request,
  response: Response,
  contract: BodyContract<unknown>,
): Promise<TextDocument> {
  if (contract.kind === 'none') return EMPTY;
  await new Promise<void>((resolve, reject) => {
    readRaw(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      // The library's errors carry the HTTP status that says what was wrong.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as thrown
      else reject(error);
    });
  });
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return EMPTY;
  return { text: decode(bytes), format: formatOf(request, contract) };
}

function formatOf(request: Request, contract: BodyContract<unknown>): 'yaml' | 'json' {
  if (isType(request, JSON_TYPES)) return 'json';
  if (contract.kind === 'document' && isType(request, YAML_TYPES)) return 'yaml';
  const accepted =
    contract.kind === 'document' ? 'application/yaml or application/json' : 'application/json';
  throw new DomainError('unsupported_media_type', {
    what:
      request.headers['content-type'] === undefined
        ? 'The body has no Content-Type.'
        : 'The Content-Type of the body is not one this path reads.',
    howToFix: `Send the header Content-Type: ${accepted}.`,
  });
}

const isType = (request: Request, types: readonly string[]): boolean =>
  typeof request.is([...types]) === 'string';

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError('validation_failed', {
      what: 'The body is not valid UTF-8.',
      howToFix: 'Encode the body as UTF-8.',
      problems: [{ path: '', message: 'not valid UTF-8' }],
      cause,
    });
  }
}
