/** @returns the URL with the other scheme. A port that is the default of its scheme is left out */
export function withScheme(url: URL, protocol: 'http:' | 'https:'): string {
  const changed = new URL(url)
  changed.protocol = protocol
  return changed.href
}
