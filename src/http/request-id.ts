import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const HEADER = 'X-Request-Id';
/** What a caller may send; anything else would have to be escaped in logs. */
const ACCEPTED = /^[A-Za-z0-9._-]{1,128}$/;

/** Takes the caller's request id or makes one, and answers with it. */
export function assignRequestId(request: Request, response: Response, next: NextFunction): void {
  const sent = request.get(HEADER);
  response.setHeader(HEADER, sent !== undefined && ACCEPTED.test(sent) ? sent : randomUUID());
  next();
}

export const requestIdOf = (response: Response): string => String(response.getHeader(HEADER));
