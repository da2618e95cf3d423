//! The tables, one text for both engines; a test reads every column of every table on both. Types are those of the
//! PostgreSQL migrations: a timestamp is UTC without a zone, an amount a `BigInt` of minor units.

diesel::table! {
    sources (source) {
        source -> Text,
        provider -> Text,
        timezone -> Text,
        country -> Text,
        created_at -> Timestamp,
        books_from -> Nullable<Date>,
    }
}

diesel::table! {
    inbox_events (id) {
        id -> BigInt,
        source -> Text,
        kind -> Text,
        entity -> Nullable<Text>,
        received_at -> Timestamp,
        method -> Text,
        content_type -> Nullable<Text>,
        headers -> Text,
        body -> Nullable<Binary>,
        body_sha256 -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        attempts -> Integer,
        due_at -> Timestamp,
        lease_token -> Nullable<Text>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    daemons (id) {
        id -> BigInt,
        host -> Text,
        boot_id -> Text,
        process_space -> Text,
        process_id -> BigInt,
        process_started -> BigInt,
        started_at -> Timestamp,
        heartbeat_at -> Timestamp,
    }
}

diesel::table! {
    operator_actions (id) {
        id -> BigInt,
        action -> Text,
        actor -> Text,
        at -> Timestamp,
        why -> Text,
        filter -> Text,
        events -> BigInt,
    }
}

diesel::table! {
    inbox_attempts (id) {
        id -> BigInt,
        event_id -> BigInt,
        at -> Timestamp,
        attempt -> Integer,
        verdict -> Text,
        reason -> Text,
        detail -> Nullable<Text>,
        next_due_at -> Nullable<Timestamp>,
        action_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    documents (id) {
        id -> BigInt,
        source -> Text,
        entity -> Text,
        event_id -> BigInt,
        started_at -> Timestamp,
        fetched_at -> Nullable<Timestamp>,
        status -> Nullable<Integer>,
        body -> Nullable<Binary>,
        body_sha256 -> Nullable<Text>,
    }
}

diesel::table! {
    oauth_tokens (token_sha256) {
        token_sha256 -> Text,
        source -> Text,
        client_id -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    provider_tokens (source) {
        source -> Text,
        refresh_token_sealed -> Binary,
        access_token_sealed -> Binary,
        access_expires_at -> Timestamp,
        version -> BigInt,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    policies (source, policy_id) {
        source -> Text,
        policy_id -> Integer,
        valid_from -> Timestamp,
        doc -> Text,
        doc_sha256 -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    accounts (source, code) {
        source -> Text,
        code -> Text,
        kind -> Text,
        vat_bp -> Nullable<Integer>,
        closed_from -> Nullable<Date>,
    }
}

diesel::table! {
    order_snapshots (source, snapshot_no) {
        source -> Text,
        snapshot_no -> BigInt,
        order_id -> Text,
        inbox_event_id -> BigInt,
        document_id -> Nullable<BigInt>,
        cause -> Text,
        recorded_at -> Timestamp,
        doc -> Text,
        doc_sha256 -> Text,
    }
}

diesel::table! {
    periods (source, period) {
        source -> Text,
        period -> Text,
        status -> Text,
        closed_at -> Nullable<Timestamp>,
        closed_by -> Nullable<Text>,
        totals_sha256 -> Nullable<Text>,
        head_entry_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    journal_entries (source, entry_no) {
        source -> Text,
        entry_no -> BigInt,
        kind -> Text,
        event_type -> Text,
        order_id -> Nullable<Text>,
        snapshot_no -> Nullable<BigInt>,
        atom_key -> Text,
        atom_hash -> Text,
        reverses_no -> Nullable<BigInt>,
        reason_code -> Text,
        currency -> Text,
        effective_at -> Timestamp,
        effective_basis -> Text,
        booking_date -> Date,
        recorded_at -> Timestamp,
        inbox_event_id -> Nullable<BigInt>,
        policy_id -> Integer,
        line_count -> Integer,
        posting_key -> Text,
        hash_version -> SmallInt,
        prev_hash -> Text,
        entry_hash -> Text,
    }
}

diesel::table! {
    postings (source, entry_no, line_no) {
        source -> Text,
        entry_no -> BigInt,
        line_no -> Integer,
        account_code -> Text,
        currency -> Text,
        amount_minor -> BigInt,
        order_id -> Nullable<Text>,
        line_key -> Text,
        item_kind -> Text,
        event_id -> Nullable<Text>,
        event_key -> Nullable<Text>,
        event_date_id -> Nullable<Text>,
        service_date -> Nullable<Date>,
        vat_bp -> Nullable<Integer>,
        tax_base_minor -> Nullable<BigInt>,
        qty -> Nullable<BigInt>,
        payment_id -> Nullable<Text>,
        payment_method -> Nullable<Text>,
        voucher_id -> Nullable<Text>,
        channel_id -> Nullable<Text>,
    }
}

diesel::table! {
    chain_anchors (source, anchor_no) {
        source -> Text,
        anchor_no -> BigInt,
        entry_no -> BigInt,
        entry_hash -> Text,
        made_at -> Timestamp,
        medium -> Text,
        proof -> Text,
    }
}

diesel::table! {
    orders (source, order_id) {
        source -> Text,
        order_id -> Text,
        order_code -> Nullable<Text>,
        status -> Nullable<Text>,
        currency -> Nullable<Text>,
        ordered_at -> Nullable<Timestamp>,
        cancelled_at -> Nullable<Timestamp>,
        total_minor -> Nullable<BigInt>,
        external_reference -> Nullable<Text>,
        channel_id -> Nullable<Text>,
        contact_id -> Nullable<BigInt>,
        versions -> Text,
        first_event_id -> Nullable<BigInt>,
        first_snapshot_no -> Nullable<BigInt>,
        last_snapshot_no -> Nullable<BigInt>,
    }
}

diesel::table! {
    order_lines (source, order_id, line_key) {
        source -> Text,
        order_id -> Text,
        line_key -> Text,
        item_kind -> Text,
        state -> Text,
        event_id -> Nullable<Text>,
        event_key -> Nullable<Text>,
        event_date_id -> Nullable<Text>,
        starts_at -> Nullable<Timestamp>,
        title -> Nullable<Text>,
        price_title -> Nullable<Text>,
        currency -> Text,
        qty -> BigInt,
        gross_minor -> Nullable<BigInt>,
        vat_bp -> Nullable<Integer>,
        cancelled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    payments (source, order_id, payment_id) {
        source -> Text,
        order_id -> Text,
        payment_id -> Text,
        payment_method -> Text,
        currency -> Text,
        amount_minor -> BigInt,
        paid_at -> Nullable<Timestamp>,
        state -> Text,
    }
}

diesel::table! {
    vouchers (source, class, voucher_id) {
        source -> Text,
        class -> Text,
        voucher_id -> Text,
        regime -> Text,
        origin -> Text,
        state -> Text,
        face_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        vat_bp -> Nullable<Integer>,
        purchase_order_id -> Nullable<Text>,
        code_sha256 -> Nullable<Text>,
        code_last4 -> Nullable<Text>,
        units_total -> Nullable<BigInt>,
        units_left -> Nullable<BigInt>,
        issued_on -> Nullable<Date>,
        expires_on -> Nullable<Date>,
        first_used_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    redemptions (source, order_id, redemption_key) {
        source -> Text,
        order_id -> Text,
        redemption_key -> Text,
        class -> Text,
        voucher_id -> Text,
        participant_id -> Nullable<Text>,
        currency -> Text,
        amount_minor -> BigInt,
        redeemed_at -> Nullable<Timestamp>,
        state -> Text,
    }
}

diesel::table! {
    event_dates (source, event_date_id) {
        source -> Text,
        event_date_id -> Text,
        title -> Nullable<Text>,
        starts_at -> Timestamp,
        version -> BigInt,
        new_since -> Nullable<Timestamp>,
    }
}

diesel::table! {
    event_titles (source, event_key) {
        source -> Text,
        event_key -> Text,
        event_id -> Nullable<Text>,
        title -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    month_sums (source, sum_key) {
        source -> Text,
        sum_key -> Text,
        period -> Text,
        currency -> Text,
        account_code -> Text,
        item_kind -> Text,
        is_opening -> Bool,
        event_id -> Nullable<Text>,
        event_key -> Nullable<Text>,
        vat_bp -> Nullable<Integer>,
        payment_method -> Nullable<Text>,
        debit_minor -> BigInt,
        amount_minor -> BigInt,
        qty -> BigInt,
    }
}

diesel::table! {
    order_sums (source, order_id, currency) {
        source -> Text,
        order_id -> Text,
        currency -> Text,
        billed_minor -> BigInt,
        settled_minor -> BigInt,
    }
}

diesel::table! {
    vat_shifts (source, order_id, entry_no, row_no) {
        source -> Text,
        order_id -> Text,
        entry_no -> BigInt,
        row_no -> Integer,
        basis -> Text,
        currency -> Text,
        booking_date -> Date,
        vat_bp -> Nullable<Integer>,
        net_minor -> BigInt,
        vat_minor -> BigInt,
    }
}

diesel::table! {
    findings (fingerprint) {
        fingerprint -> Text,
        source -> Text,
        order_id -> Nullable<Text>,
        reason -> Text,
        severity -> Text,
        currency -> Nullable<Text>,
        expected_minor -> Nullable<BigInt>,
        actual_minor -> Nullable<BigInt>,
        difference_minor -> Nullable<BigInt>,
        evidence -> Text,
        consequence_of -> Nullable<Text>,
        first_seen -> Timestamp,
        last_seen -> Timestamp,
        state -> Text,
        acknowledged_by -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    contacts (contact_id) {
        contact_id -> BigInt,
        source -> Text,
        match_key -> Nullable<Text>,
        version -> BigInt,
        name -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        company -> Nullable<Text>,
        vat_number -> Nullable<Text>,
        street -> Nullable<Text>,
        postal_code -> Nullable<Text>,
        city -> Nullable<Text>,
        country -> Nullable<Text>,
        language -> Nullable<Text>,
        details -> Nullable<Text>,
        erased_at -> Nullable<Timestamp>,
        after_erased_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    contact_orders (source, order_id, contact_id) {
        source -> Text,
        order_id -> Text,
        contact_id -> BigInt,
    }
}

diesel::table! {
    period_manifests (source, period) {
        source -> Text,
        period -> Text,
        entry_no -> BigInt,
        doc -> Text,
        doc_sha256 -> Text,
        closed_at -> Timestamp,
        closed_by -> Text,
    }
}

diesel::table! {
    source_activity (source, day) {
        source -> Text,
        day -> Date,
        last_received_at -> Nullable<Timestamp>,
        longest_silence_seconds -> BigInt,
        last_settled_at -> Nullable<Timestamp>,
        too_large_bodies -> BigInt,
    }
}

diesel::table! {
    delivery_hours (source, kind, hour) {
        source -> Text,
        kind -> Text,
        hour -> Timestamp,
        deliveries -> BigInt,
        last_at -> Timestamp,
    }
}

diesel::table! {
    deliveries_counted (name) {
        name -> Text,
        event_id -> BigInt,
    }
}

diesel::table! {
    alerted_events (event_id) {
        event_id -> BigInt,
        source -> Text,
    }
}

diesel::table! {
    alerts (alert, source) {
        alert -> Text,
        source -> Text,
        began_at -> Timestamp,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    export_batches (target, source, period, number) {
        target -> Text,
        source -> Text,
        period -> Text,
        number -> Integer,
        after_no -> BigInt,
        until_no -> BigInt,
        entries -> BigInt,
        postings -> BigInt,
        file_rows -> BigInt,
        totals -> Text,
        parameters -> Text,
        files -> Text,
        version -> Text,
        created_at -> Timestamp,
        created_by -> Text,
        taken_back_at -> Nullable<Timestamp>,
        taken_back_by -> Nullable<Text>,
        taken_back_reason -> Nullable<Text>,
    }
}

diesel::table! {
    export_orders (source, order_id) {
        source -> Text,
        order_id -> Text,
        order_code -> Nullable<Text>,
    }
}

diesel::table! {
    sweep_progress (source, resource) {
        source -> Text,
        resource -> Text,
        complete_until -> Nullable<Timestamp>,
        first_since -> Nullable<Timestamp>,
        history_since -> Nullable<Date>,
        history_next -> Nullable<Date>,
        not_before -> Nullable<Timestamp>,
        held_by -> Nullable<Text>,
        held_until -> Nullable<Timestamp>,
        wait_error -> Nullable<Text>,
        wait_detail -> Nullable<Text>,
        live_since -> Nullable<Timestamp>,
        live_looked -> BigInt,
    }
}

diesel::table! {
    sweep_runs (id) {
        id -> BigInt,
        source -> Text,
        resource -> Text,
        kind -> Text,
        asked_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        since -> Nullable<Timestamp>,
        from_day -> Nullable<Date>,
        to_day -> Nullable<Date>,
        next_offset -> BigInt,
        page_size -> BigInt,
        tail -> Text,
        walk -> BigInt,
        walk_sum -> BigInt,
        earlier_sum -> Nullable<BigInt>,
        total -> Nullable<BigInt>,
        pages -> BigInt,
        requests -> BigInt,
        listed -> BigInt,
        equal -> BigInt,
        found -> BigInt,
        found_missed -> BigInt,
        found_late -> BigInt,
        result -> Text,
        error -> Nullable<Text>,
        detail -> Nullable<Text>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sweep_budgets (source, kind, month) {
        source -> Text,
        kind -> Text,
        month -> Text,
        used -> BigInt,
        blocked_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sweep_methods (source, api_name) {
        source -> Text,
        api_name -> Text,
        method -> Nullable<Text>,
    }
}

diesel::table! {
    sweep_waiting (source, kind, name, order_id) {
        source -> Text,
        kind -> Text,
        name -> Text,
        order_id -> Text,
    }
}

diesel::table! {
    sweep_totals (source, name) {
        source -> Text,
        name -> Text,
        total -> BigInt,
    }
}

diesel::table! {
    sweep_differences (event_id) {
        event_id -> BigInt,
        source -> Text,
        order_id -> Text,
        run_id -> BigInt,
        since -> Nullable<Timestamp>,
        found_at -> Timestamp,
        decide_at -> Timestamp,
        decided -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        atoms -> Nullable<Text>,
    }
}

diesel::table! {
    api_tokens (client_sha256) {
        client_sha256 -> Text,
        token_sealed -> Nullable<Binary>,
        expires_at -> Nullable<Timestamp>,
        version -> BigInt,
        claimed_by -> Nullable<Text>,
        claimed_until -> Nullable<Timestamp>,
        wait_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    console_users (name) {
        name -> Text,
        role -> Text,
        password_hash -> Text,
        created_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    console_sessions (token_sha256) {
        token_sha256 -> Text,
        user_name -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
        address -> Text,
        agent -> Text,
    }
}

diesel::table! {
    console_tokens (id) {
        id -> BigInt,
        token_sha256 -> Text,
        user_name -> Text,
        label -> Text,
        role -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    console_audit (id) {
        id -> BigInt,
        at -> Timestamp,
        actor -> Text,
        role -> Nullable<Text>,
        action -> Text,
        subject -> Text,
        address -> Text,
        action_key -> Nullable<Text>,
        outcome -> Text,
        result -> Text,
        times -> BigInt,
        last_subject -> Nullable<Text>,
    }
}

diesel::table! {
    console_keys (purpose) {
        purpose -> Text,
        value -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    inbox_causes (source, reason) {
        source -> Text,
        reason -> Text,
        note -> Text,
        actor -> Text,
        seen_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    alerted_events,
    alerts,
    api_tokens,
    chain_anchors,
    console_audit,
    console_keys,
    console_sessions,
    console_tokens,
    console_users,
    contact_orders,
    contacts,
    daemons,
    deliveries_counted,
    delivery_hours,
    documents,
    event_dates,
    event_titles,
    export_batches,
    export_orders,
    findings,
    inbox_attempts,
    inbox_causes,
    inbox_events,
    journal_entries,
    month_sums,
    oauth_tokens,
    operator_actions,
    order_lines,
    order_snapshots,
    order_sums,
    orders,
    payments,
    period_manifests,
    periods,
    policies,
    postings,
    provider_tokens,
    redemptions,
    source_activity,
    sources,
    sweep_budgets,
    sweep_differences,
    sweep_methods,
    sweep_progress,
    sweep_runs,
    sweep_totals,
    sweep_waiting,
    vat_shifts,
    vouchers,
);
