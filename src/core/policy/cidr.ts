/** An address block: the address as a number, and how many leading bits count. */
export interface AddressBlock {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly prefix: number;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; `undefined` when it is none. */
export function parseAddressBlock(text: string): AddressBlock | undefined {
  const [address = '', prefixText, ...more] = text.trim().split('/');
  if (more.length > 0) return undefined;
  const four = parseFour(address);
  const bits = four ?? parseSix(address);
  if (bits === undefined) return undefined;
  const family = four === undefined ? 6 : 4;
  const width = family === 4 ? 32 : 128;
  if (prefixText === undefined) return { family, bits, prefix: width };
  if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > width) return undefined;
  return { family, bits, prefix: Number(prefixText) };
}

/** Whether the address lies in the block. IPv4 inside IPv6 (`::ffff:10.0.0.1`) is read as IPv4. */
export function blockContains(block: AddressBlock, address: AddressBlock): boolean {
  const plain = unmapped(address);
  if (plain.family !== block.family) return false;
  const shift = BigInt((block.family === 4 ? 32 : 128) - block.prefix);
  return plain.bits >> shift === block.bits >> shift;
}

function unmapped(address: AddressBlock): AddressBlock {
  if (address.family === 4 || address.bits >> 32n !== 0xffffn) return address;
  return { family: 4, bits: address.bits & 0xffffffffn, prefix: 32 };
}

function parseFour(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    // A leading zero is octal to some readers and decimal to others.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

function parseSix(text: string): bigint | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | group, 0n);
}

function parseGroups(text: string): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const four = index === parts.length - 1 ? parseFour(part) : undefined;
    if (four !== undefined) groups.push(four >> 16n, four & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
