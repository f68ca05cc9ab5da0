{#- Rows whose key occurs more than once, or is not complete. -#}
{% test unique_key(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as number_of_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null

{% endtest %}


{#- Rows whose value is outside of a range; null is inside. -#}
{% test between(model, column_name, least=none, most=none) %}

select {{ column_name }}
from {{ model }}
where
    {% if least is not none %}{{ column_name }} < {{ least }}{% else %}false{% endif %}
    or {% if most is not none %}{{ column_name }} > {{ most }}{% else %}false{% endif %}

{% endtest %}


{#- Rows in which one value is more than another of which it is a part. -#}
{% test part_of(model, column_name, whole) %}

select {{ column_name }}, {{ whole }}
from {{ model }}
where {{ column_name }} > {{ whole }}

{% endtest %}


{#- Rows in which one time is before another. -#}
{% test not_before(model, column_name, earlier) %}

select {{ column_name }}, {{ earlier }}
from {{ model }}
where {{ column_name }} < {{ earlier }}

{% endtest %}
