/** The fields that the store requires in every record. */
export interface StoredRecord {
  readonly event_id: string
  /** ISO 8601, UTC. */
  readonly received_at: string
}
