"""The arithmetic of quotas, in the database, so that use cases, workers and triggers share it.

All but the trigger of the jobs run with the rights of the caller. Locks are taken in one order:
the reservation, then the counter.
"""

TAKE = """
    CREATE FUNCTION app.quota_take(p_workspace uuid, p_quota text, p_amount bigint, p_standard bigint, p_window timestamptz)
    RETURNS boolean LANGUAGE plpgsql SET search_path = '' AS $$
    DECLARE
      cap bigint := coalesce((SELECT max_amount FROM public.quotas WHERE workspace_id = p_workspace AND name = p_quota), p_standard);
    BEGIN
      INSERT INTO public.quota_counters AS c (workspace_id, quota, used, window_start)
      SELECT p_workspace, p_quota, p_amount, p_window WHERE p_amount <= cap
      ON CONFLICT (workspace_id, quota) DO UPDATE
      SET used = CASE WHEN c.window_start < excluded.window_start THEN 0 ELSE c.used END + excluded.used,
          window_start = greatest(c.window_start, excluded.window_start)
      WHERE CASE WHEN c.window_start < excluded.window_start THEN 0 ELSE c.used END + excluded.used <= cap;
      RETURN FOUND;
    END $$
    """

# Adds without asking (or gives back, when negative); what belongs to a window that is over changes nothing.
ADD = """
    CREATE FUNCTION app.quota_add(p_workspace uuid, p_quota text, p_amount bigint, p_window timestamptz)
    RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN
      IF p_amount > 0 THEN
        INSERT INTO public.quota_counters AS c (workspace_id, quota, used, window_start)
        VALUES (p_workspace, p_quota, p_amount, p_window)
        ON CONFLICT (workspace_id, quota) DO UPDATE
        SET used = CASE WHEN c.window_start < excluded.window_start THEN 0 ELSE c.used END + excluded.used,
            window_start = excluded.window_start
        WHERE c.window_start IS NULL OR c.window_start <= excluded.window_start;
      ELSE
        UPDATE public.quota_counters SET used = greatest(used + p_amount, 0)
        WHERE workspace_id = p_workspace AND quota = p_quota AND window_start IS NOT DISTINCT FROM p_window;
      END IF;
    END $$
    """

RESERVE = """
    CREATE FUNCTION app.quota_reserve(p_workspace uuid, p_quota text, p_subject uuid, p_amount bigint, p_standard bigint, p_window timestamptz)
    RETURNS boolean LANGUAGE plpgsql SET search_path = '' AS $$
    DECLARE held record; more bigint;
    BEGIN
      INSERT INTO public.reservations AS r (workspace_id, quota, subject, amount, window_start)
      VALUES (p_workspace, p_quota, p_subject, 0, p_window)
      ON CONFLICT (workspace_id, subject, quota) DO UPDATE SET settled = r.settled
      RETURNING r.amount, r.window_start, r.settled INTO held;
      IF held.settled AND p_window IS NOT NULL THEN RETURN true; END IF;
      more := p_amount - CASE WHEN held.window_start IS NOT DISTINCT FROM p_window THEN held.amount ELSE 0 END;
      IF more > 0 THEN
        IF NOT app.quota_take(p_workspace, p_quota, more, p_standard, p_window) THEN RETURN false; END IF;
      ELSE
        PERFORM app.quota_add(p_workspace, p_quota, more, p_window);
      END IF;
      UPDATE public.reservations SET amount = p_amount, window_start = p_window
      WHERE workspace_id = p_workspace AND subject = p_subject AND quota = p_quota;
      RETURN true;
    END $$
    """

SETTLE = """
    CREATE FUNCTION app.quota_settle(p_workspace uuid, p_quota text, p_subject uuid, p_actual bigint, p_window timestamptz, p_facts jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
    DECLARE held record; counted bigint;
    BEGIN
      INSERT INTO public.reservations AS r (workspace_id, quota, subject, amount, window_start)
      VALUES (p_workspace, p_quota, p_subject, 0, p_window)
      ON CONFLICT (workspace_id, subject, quota) DO UPDATE SET settled = r.settled
      RETURNING r.amount, r.window_start, r.settled INTO held;
      IF held.settled AND held.window_start IS NOT NULL THEN RETURN; END IF;
      counted := CASE WHEN held.settled THEN held.amount ELSE 0 END;
      PERFORM app.quota_add(p_workspace, p_quota, p_actual - held.amount, held.window_start);
      UPDATE public.reservations SET amount = p_actual, settled = true
      WHERE workspace_id = p_workspace AND subject = p_subject AND quota = p_quota;
      IF p_actual <> counted THEN
        INSERT INTO public.usage_entries (workspace_id, quota, subject, amount, actor_id, facts)
        VALUES (p_workspace, p_quota, p_subject, p_actual - counted, nullif(current_setting('app.user_id', true), '')::uuid, p_facts);
      END IF;
    END $$
    """

RELEASE = """
    CREATE FUNCTION app.quota_release(p_workspace uuid, p_subject uuid)
    RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
    DECLARE held record;
    BEGIN
      FOR held IN
        SELECT quota, amount, window_start, settled FROM public.reservations
        WHERE workspace_id = p_workspace AND subject = p_subject AND NOT (settled AND window_start IS NOT NULL)
        ORDER BY quota
      LOOP
        DELETE FROM public.reservations
        WHERE workspace_id = p_workspace AND subject = p_subject AND quota = held.quota
        RETURNING amount, window_start, settled INTO held.amount, held.window_start, held.settled;
        CONTINUE WHEN NOT FOUND;
        PERFORM app.quota_add(p_workspace, held.quota, -held.amount, held.window_start);
        IF held.settled THEN
          INSERT INTO public.usage_entries (workspace_id, quota, subject, amount, actor_id)
          VALUES (p_workspace, held.quota, p_subject, -held.amount, nullif(current_setting('app.user_id', true), '')::uuid);
        END IF;
      END LOOP;
    END $$
    """

# The counter of unfinished jobs only grows, so that a job that ends touches no shared row; when it reaches the
# limit, the true number is counted while rivals wait. It is therefore never too low, and exact where it refuses.
ADMIT = """
    CREATE FUNCTION app.quota_admit_jobs(p_workspace uuid, p_quota text, p_amount bigint, p_standard bigint)
    RETURNS boolean LANGUAGE plpgsql SET search_path = '' AS $$
    BEGIN
      IF app.quota_take(p_workspace, p_quota, p_amount, p_standard, NULL) THEN RETURN true; END IF;
      PERFORM 1 FROM public.quota_counters WHERE workspace_id = p_workspace AND quota = p_quota FOR UPDATE;
      UPDATE public.quota_counters SET used =
        (SELECT count(*) FROM public.jobs WHERE workspace_id = p_workspace AND status = 'queued')
        + (SELECT count(*) FROM public.jobs WHERE workspace_id = p_workspace AND status = 'processing')
      WHERE workspace_id = p_workspace AND quota = p_quota;
      RETURN app.quota_take(p_workspace, p_quota, p_amount, p_standard, NULL);
    END $$
    """

FUNCTIONS = (TAKE, ADD, RESERVE, SETTLE, RELEASE)
NAMES = "app.quota_take, app.quota_add, app.quota_reserve, app.quota_settle, app.quota_release, app.quota_admit_jobs"
